"""The Kubernetes manifests: valid by schema, and agreeing with each other and with the settings they set.

Network policies are evaluated here by their selectors and ports; whether a cluster enforces them is not covered.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from serving.settings import PREFIX, ServingSettings, read_settings

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
VERSIONS = ("1.30", "1.37")  # the oldest with preStop.sleep on by default, and the newest the schemas cover
IMAGES = {"retail-media-federation:0.1.0", "retail-media-federation-router:0.1.0"}
NAMESPACE = "federation"
NOT_APPLIED = {"kustomization.yaml", "secrets.example.yaml"}

Manifest = dict[str, Any]


def documents(file: Path) -> list[Manifest]:
    return [document for document in yaml.safe_load_all(file.read_text(encoding="utf-8")) if document]


FILES = sorted(FOLDER.glob("*.yaml"))
EXAMPLES = documents(FOLDER / "secrets.example.yaml")
MANIFESTS = [document for file in FILES if file.name not in NOT_APPLIED for document in documents(file)]
MONITORS = [manifest for manifest in MANIFESTS if manifest["kind"] == "ServiceMonitor"]


def named(manifest: Manifest) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def of_kind(kind: str) -> list[Manifest]:
    return [manifest for manifest in MANIFESTS if manifest["kind"] == kind]


def the(kind: str, name: str) -> Manifest:
    return next(manifest for manifest in of_kind(kind) if manifest["metadata"]["name"] == name)


def pod_of(deployment: Manifest) -> Manifest:
    return deployment["spec"]["template"]["spec"]


def container_of(deployment: Manifest) -> Manifest:
    (container,) = pod_of(deployment)["containers"]
    return container


def labels_of(deployment: Manifest) -> dict[str, str]:
    return deployment["spec"]["template"]["metadata"]["labels"]


def selected_by(selector: dict[str, str]) -> list[str]:
    return [named(each) for each in DEPLOYMENTS if selector.items() <= labels_of(each).items()]


def container_ports(deployment: Manifest) -> dict[str, int]:
    return {port["name"]: port["containerPort"] for port in container_of(deployment)["ports"]}


def environment_of(deployment: Manifest) -> dict[str, str]:
    container, variables = container_of(deployment), {}
    for source in container.get("envFrom", ()):
        variables |= the("ConfigMap", source["configMapRef"]["name"])["data"]
    return variables | {entry["name"]: entry["value"] for entry in container.get("env", ())}


DEPLOYMENTS = of_kind("Deployment")
VLLM, ROUTER, FRONT = (the("Deployment", f"federation-{name}") for name in ("vllm", "router", "front"))
by_name = pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=named)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("manifest", [each for each in MANIFESTS + EXAMPLES if each not in MONITORS], ids=named)
def test_a_manifest_is_valid_in_the_oldest_and_newest_kubernetes(manifest: Manifest, version: str) -> None:
    checked_against = kubernetes_validate.validate(manifest, version, strict=True)

    assert checked_against == version


def test_a_misspelt_field_would_be_refused() -> None:
    misspelt = {**FRONT, "spec": {**FRONT["spec"], "replica": 2}}

    with pytest.raises(kubernetes_validate.ValidationError, match="replica"):
        kubernetes_validate.validate(misspelt, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("monitor", MONITORS, ids=named)
def test_a_service_monitor_scrapes_a_port_of_a_service_that_exists(monitor: Manifest) -> None:
    selector = monitor["spec"]["selector"]["matchLabels"].items()
    (service,) = (each for each in of_kind("Service") if selector <= each["metadata"]["labels"].items())
    (endpoint,) = monitor["spec"]["endpoints"]

    assert monitor["apiVersion"] == "monitoring.coreos.com/v1"
    assert set(monitor["spec"]) == {"selector", "endpoints"}
    assert set(endpoint) <= {"port", "path", "interval", "authorization"}
    assert endpoint["path"] == "/metrics"
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}


@pytest.mark.parametrize("name", ["federation-vllm", "federation-front"])
def test_metrics_behind_an_edge_are_asked_for_with_the_key_of_a_secret(name: str) -> None:
    (endpoint,) = the("ServiceMonitor", name)["spec"]["endpoints"]

    credentials = endpoint["authorization"]["credentials"]
    secret = next(each for each in EXAMPLES if each["metadata"]["name"] == credentials["name"])

    assert endpoint["authorization"]["type"] == "Bearer"
    assert credentials["key"] in secret["stringData"]


def test_kustomize_applies_every_file_except_the_example_secrets() -> None:
    (kustomization,) = documents(FOLDER / "kustomization.yaml")

    assert sorted(kustomization["resources"]) == sorted({file.name for file in FILES} - NOT_APPLIED)
    assert of_kind("Secret") == []
    assert {f"{image['name']}:{image['newTag']}" for image in kustomization["images"]} == IMAGES


def test_no_two_manifests_have_one_name_and_all_are_in_the_namespace() -> None:
    names = [named(manifest) for manifest in MANIFESTS + EXAMPLES]
    namespaces = {each["metadata"].get("namespace") for each in MANIFESTS + EXAMPLES if each["kind"] != "Namespace"}

    assert len(set(names)) == len(names)
    assert namespaces == {NAMESPACE} == {the("Namespace", NAMESPACE)["metadata"]["name"]}


def test_the_readme_says_what_every_file_is() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert [file.name for file in FILES if f"| `{file.name}` |" not in readme] == []


@by_name
def test_a_deployment_owns_the_pods_it_makes_and_no_others(deployment: Manifest) -> None:
    selector = deployment["spec"]["selector"]["matchLabels"]
    (spread,) = pod_of(deployment)["topologySpreadConstraints"]

    assert selected_by(selector) == [named(deployment)]
    assert selected_by(spread["labelSelector"]["matchLabels"]) == [named(deployment)]


@pytest.mark.parametrize("service", of_kind("Service"), ids=named)
def test_a_service_leads_to_the_deployment_of_its_name(service: Manifest) -> None:
    deployment = the("Deployment", service["metadata"]["name"])

    assert selected_by(service["spec"]["selector"]) == [named(deployment)]


@pytest.mark.parametrize("budget", of_kind("PodDisruptionBudget"), ids=named)
def test_a_disruption_budget_guards_the_deployment_of_its_name(budget: Manifest) -> None:
    guarded = selected_by(budget["spec"]["selector"]["matchLabels"])

    assert guarded == [f"Deployment/{budget['metadata']['name']}"]


def test_the_autoscaler_scales_the_replicas_and_nobody_else_sets_their_number() -> None:
    (autoscaler,) = of_kind("HorizontalPodAutoscaler")
    target = autoscaler["spec"]["scaleTargetRef"]

    assert (target["apiVersion"], target["kind"], target["name"]) == ("apps/v1", "Deployment", "federation-vllm")
    assert "replicas" not in VLLM["spec"]
    assert autoscaler["spec"]["metrics"][0]["pods"]["metric"]["name"] == "vllm_num_requests_waiting"


@pytest.mark.parametrize("service", of_kind("Service"), ids=named)
def test_a_service_keeps_the_port_numbers_of_its_pods(service: Manifest) -> None:
    ports = container_ports(the("Deployment", service["metadata"]["name"]))

    assert {port["targetPort"]: port["port"] for port in service["spec"]["ports"]} == ports


@pytest.mark.parametrize("deployment", [VLLM, FRONT], ids=named)
def test_a_server_listens_where_its_container_port_says(deployment: Manifest) -> None:
    assert environment_of(deployment)["SERVING_PORT"] == str(container_ports(deployment)["http"])
    assert container_of(deployment)["command"][-2:] == ["--host", "0.0.0.0"]


def test_the_front_asks_the_router_by_the_name_and_port_of_its_service() -> None:
    service = the("Service", "federation-router")

    expected = f"http://{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"

    assert environment_of(FRONT)["SERVING_UPSTREAM"] == expected


def test_the_router_finds_the_replicas_by_label_port_and_namespace() -> None:
    arguments = container_of(ROUTER)["args"]
    options = dict(
        argument.removeprefix("--").split("=")
        for argument in arguments
        if argument.startswith("--") and "=" in argument
    )
    key, value = arguments[arguments.index("--selector") + 1].split("=")

    assert selected_by({key: value}) == [named(VLLM)]
    assert options["policy"] == "consistent_hash"
    assert int(options["service-discovery-port"]) == container_ports(VLLM)["http"]
    assert options["service-discovery-namespace"] == NAMESPACE
    assert {"http": int(options["port"]), "metrics": int(options["prometheus-port"])} == container_ports(ROUTER)


def test_the_router_may_list_and_watch_pods_and_do_nothing_else() -> None:
    account = pod_of(ROUTER)["serviceAccountName"]
    (binding,) = of_kind("RoleBinding")
    (role,) = of_kind("Role")

    assert the("ServiceAccount", account)
    assert [(subject["kind"], subject["name"]) for subject in binding["subjects"]] == [("ServiceAccount", account)]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert role["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]


@by_name
def test_probes_ask_paths_that_need_no_key(deployment: Manifest) -> None:
    container = container_of(deployment)
    probes = {name: probe["httpGet"] for name, probe in container.items() if name.endswith("Probe")}
    # The router has no edge: its /health says nothing about replicas, its /readiness is 503 while it knows none.
    expected = {"/health", "/readiness"} if deployment is ROUTER else {"/health"}

    assert {"readinessProbe", "livenessProbe"} <= set(probes)
    assert {probe["path"] for probe in probes.values()} == expected
    assert {container_ports(deployment)[probe["port"]] for probe in probes.values()} == {
        container_ports(deployment)["http"]
    }


@by_name
def test_a_pod_that_is_stopped_has_time_left_after_its_wait(deployment: Manifest) -> None:
    waits_seconds = container_of(deployment)["lifecycle"]["preStop"]["sleep"]["seconds"]

    assert 0 < waits_seconds < pod_of(deployment)["terminationGracePeriodSeconds"]


def serving_variables() -> set[str]:
    """Every SERVING_ name in the manifests' text, in comments too."""
    return {name for file in FILES for name in re.findall(rf"\b{PREFIX}[A-Z0-9_]+", file.read_text(encoding="utf-8"))}


def test_every_serving_variable_is_a_setting() -> None:
    known = {PREFIX + name.upper() for name in ServingSettings.model_fields}

    assert serving_variables() <= known


@pytest.mark.parametrize("deployment", [VLLM, FRONT], ids=named)
def test_the_server_accepts_the_environment_it_gets(deployment: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {name: text for name, text in environment_of(deployment).items() if name.startswith(PREFIX)}
    for name, text in variables.items():
        monkeypatch.setenv(name, text)

    settings = read_settings({"host": "0.0.0.0"})

    assert settings.model_fields_set == {name.removeprefix(PREFIX).lower() for name in variables} | {"host"}


@by_name
def test_variables_injected_for_services_are_not_read_as_settings(deployment: Manifest) -> None:
    injected = {service["metadata"]["name"].upper().replace("-", "_") + "_" for service in of_kind("Service")}

    assert pod_of(deployment)["enableServiceLinks"] is False
    assert [prefix for prefix in injected if prefix.startswith((PREFIX, "VLLM_"))] == []


def mount_of(deployment: Manifest, path: str) -> Manifest:
    mounts = container_of(deployment)["volumeMounts"]
    return max(
        (mount for mount in mounts if Path(path).is_relative_to(mount["mountPath"])),
        key=lambda mount: len(mount["mountPath"]),
    )


@by_name
def test_a_pod_mounts_exactly_its_volumes_and_they_exist(deployment: Manifest) -> None:
    volumes = {volume["name"]: volume for volume in pod_of(deployment)["volumes"]}
    claims = {
        volume["persistentVolumeClaim"]["claimName"] for volume in volumes.values() if "persistentVolumeClaim" in volume
    }
    secrets = {volume["secret"]["secretName"] for volume in volumes.values() if "secret" in volume}

    assert {mount["name"] for mount in container_of(deployment)["volumeMounts"]} == set(volumes)
    assert claims <= {claim["metadata"]["name"] for claim in of_kind("PersistentVolumeClaim")}
    assert secrets <= {secret["metadata"]["name"] for secret in EXAMPLES}


@pytest.mark.parametrize("deployment", [VLLM, FRONT], ids=named)
def test_what_a_server_reads_is_mounted_read_only_and_only_compositions_are_written(deployment: Manifest) -> None:
    variables = environment_of(deployment)

    read = [mount_of(deployment, variables[f"SERVING_{name}"]) for name in ("MODEL", "ADAPTERS", "TENANTS")]
    written = mount_of(deployment, variables["SERVING_COMPOSED"])

    assert [mount["mountPath"] for mount in read if not mount.get("readOnly")] == []
    assert not written.get("readOnly")


def test_shared_volumes_are_read_by_many_and_written_by_none() -> None:
    assert {mode for claim in of_kind("PersistentVolumeClaim") for mode in claim["spec"]["accessModes"]} == {
        "ReadOnlyMany"
    }


def test_the_tenants_file_is_a_key_of_the_tenants_secret() -> None:
    tenants = next(secret for secret in EXAMPLES if secret["metadata"]["name"] == "federation-tenants")

    assert set(tenants["stringData"]) == {Path(environment_of(FRONT)["SERVING_TENANTS"]).name}


@by_name
def test_a_pod_runs_without_root_without_rights_and_on_a_read_only_root(deployment: Manifest) -> None:
    pod, container = pod_of(deployment)["securityContext"], container_of(deployment)["securityContext"]

    assert pod["runAsNonRoot"] is True
    assert pod["runAsUser"] > 0
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["allowPrivilegeEscalation"] is False
    assert container["readOnlyRootFilesystem"] is True
    assert container["capabilities"] == {"drop": ["ALL"]}


@by_name
def test_only_the_router_talks_to_the_kubernetes_api(deployment: Manifest) -> None:
    assert pod_of(deployment)["automountServiceAccountToken"] is (deployment is ROUTER)


@by_name
def test_images_name_no_registry_and_gpus_go_to_vllm_alone(deployment: Manifest) -> None:
    gpus = container_of(deployment)["resources"]["limits"].get("nvidia.com/gpu", 0)

    assert container_of(deployment)["image"] in IMAGES
    assert gpus == (1 if deployment is VLLM else 0)


@dataclass(frozen=True)
class Party:
    """A pod with its labels and the name of its namespace, or an address that is no pod's."""

    name: str
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    address: str = ""


def pod_from(deployment: Manifest) -> Party:
    return Party(deployment["metadata"]["name"], NAMESPACE, labels_of(deployment))


INTERNET = Party("internet", address="203.0.113.7")
API = Party("kubernetes api", address="10.96.0.1")
NEIGHBOUR = Party("neighbour in the namespace", NAMESPACE, {"app": "other"})
STRANGER = Party("pod of another namespace", "default", {"app": "federation-front"})
PROMETHEUS = Party("prometheus", "monitoring", {"app.kubernetes.io/name": "prometheus"})
GRAFANA = Party("grafana", "monitoring", {"app.kubernetes.io/name": "grafana"})
DNS = Party("dns", "kube-system", {"k8s-app": "kube-dns"})
PODS = [pod_from(deployment) for deployment in DEPLOYMENTS]
VLLM_POD, ROUTER_POD, FRONT_POD = (pod_from(deployment) for deployment in (VLLM, ROUTER, FRONT))
EVERYONE = [INTERNET, NEIGHBOUR, STRANGER, PROMETHEUS, GRAFANA, *PODS]


def matches(selector: Manifest, labels: Mapping[str, str]) -> bool:
    assert set(selector) <= {"matchLabels"}, "the evaluator knows matchLabels only"
    return selector.get("matchLabels", {}).items() <= labels.items()


def is_peer(peer: Manifest, party: Party) -> bool:
    if not party.namespace:
        return "ipBlock" in peer and ip_address(party.address) in ip_network(peer["ipBlock"]["cidr"])
    if "ipBlock" in peer:
        return False
    namespace = {"kubernetes.io/metadata.name": party.namespace}
    in_namespace = (
        matches(peer["namespaceSelector"], namespace) if "namespaceSelector" in peer else party.namespace == NAMESPACE
    )
    return in_namespace and matches(peer.get("podSelector", {}), party.labels)


def rules(own: Party, direction: str) -> Iterator[list[Manifest]]:
    """The rules of every policy that governs `own` in this direction; no policy at all means anything goes."""
    for policy in of_kind("NetworkPolicy"):
        spec = policy["spec"]
        governed = own.namespace == NAMESPACE and matches(spec["podSelector"], own.labels)
        if governed and direction in spec["policyTypes"]:
            yield spec.get(direction.lower(), [])


def permits(own: Party, other: Party, port: int, direction: str) -> bool:
    governing = list(rules(own, direction))
    peers = "from" if direction == "Ingress" else "to"
    return not governing or any(
        (peers not in rule or any(is_peer(peer, other) for peer in rule[peers]))
        and ("ports" not in rule or port in {each["port"] for each in rule["ports"]})
        for listed in governing
        for rule in listed
    )


def reaches(source: Party, target: Party, port: int) -> bool:
    return permits(source, target, port, "Egress") and permits(target, source, port, "Ingress")


def who_reaches(target: Party, port: int) -> set[str]:
    return {party.name for party in EVERYONE if party != target and reaches(party, target, port)}


def test_the_front_is_open_to_everyone_on_its_port_alone() -> None:
    (port,) = container_ports(FRONT).values()

    assert {"internet", STRANGER.name, PROMETHEUS.name} <= who_reaches(FRONT_POD, port)
    assert who_reaches(FRONT_POD, port + 1) == set()


def test_the_router_is_reached_by_the_front_and_its_metrics_by_prometheus() -> None:
    ports = container_ports(ROUTER)

    assert who_reaches(ROUTER_POD, ports["http"]) == {FRONT_POD.name}
    assert who_reaches(ROUTER_POD, ports["metrics"]) == {PROMETHEUS.name}


def test_vllm_is_reached_by_the_router_and_prometheus() -> None:
    (port,) = container_ports(VLLM).values()

    assert who_reaches(VLLM_POD, port) == {ROUTER_POD.name, PROMETHEUS.name}


def test_a_pod_nobody_wrote_a_policy_for_is_shut() -> None:
    assert who_reaches(NEIGHBOUR, 8000) == set()


@pytest.mark.parametrize("source", [*PODS, NEIGHBOUR], ids=lambda party: party.name)
def test_no_pod_sends_anything_out_of_the_cluster(source: Party) -> None:
    assert [port for port in (53, 80, 443, 6443) if reaches(source, INTERNET, port)] == []


@pytest.mark.parametrize("source", PODS, ids=lambda party: party.name)
def test_every_pod_resolves_names_and_only_the_router_calls_the_api(source: Party) -> None:
    assert reaches(source, DNS, 53)
    assert reaches(source, API, 443) is (source == ROUTER_POD)
