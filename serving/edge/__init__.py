"""One edge for both servers: who asks, what they may name, and the only paths that are open."""

from serving.edge.catalogue import Catalogue, ServedBase
from serving.edge.edge import Edge
from serving.edge.tenants import Tenant, TenantRegistry

__all__ = ["Catalogue", "Edge", "ServedBase", "Tenant", "TenantRegistry"]
