"""A retailer's policy in the terms of other clean rooms, each with a report of what those terms cannot say."""

from clean_room.export.export import TARGETS, Export, export_policy

__all__ = ["TARGETS", "Export", "export_policy"]
