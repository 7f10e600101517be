"""A Service of `serving.knative.dev/v1`, as any Knative takes it, and Cloud Run with annotations.

Source: https://knative.dev/docs/serving/reference/serving-api/ and Cloud Run's own reference of
its YAML.
"""

import dataclasses
from typing import Any

PORT = 8080  # that our own processes listen on
VALUE = "value"  # the key of a secret that is a variable


@dataclasses.dataclass(frozen=True)
class Secret:
    """A secret with one file, which a container sees at `/volume/file`, or in another folder."""

    volume: str
    name: str  # of the secret
    file: str
    folder: str = ""

    @property
    def mount_path(self) -> str:
        """The folder in which a container sees the file."""
        return self.folder or f"/{self.volume}"


@dataclasses.dataclass(frozen=True)
class Service:
    """One service, its container and its scale."""

    name: str
    image: str
    account: str  # `passerelle-…`, the service account that it runs as on Google Cloud
    variables: dict[str, str]
    cpu: int  # processors
    memory: str  # such as 512Mi
    startup: tuple[str, int]  # the path that says it has started, or "", and the seconds for it
    instances: tuple[int, int]  # the least and the most
    timeout: int  # seconds that a request may take
    concurrency: int  # requests that one instance has at once
    secrets: tuple[Secret, ...] = ()
    secret_variables: dict[str, str] = dataclasses.field(default_factory=dict)  # and their secrets
    port: int = PORT
    is_ours: bool = True  # and says whether it is alive where ours do
    labels: dict[str, str] = dataclasses.field(default_factory=dict)
    annotations: dict[str, str] = dataclasses.field(default_factory=dict)  # of the template
    is_public: bool = False  # on Google Cloud: whether everyone may call it

    def document(self, namespace: str, project: str) -> dict[str, Any]:
        """The document: for Knative in a namespace, or without one for Cloud Run in a project."""
        google = {} if namespace else GOOGLE_ANNOTATIONS
        template = {
            "metadata": {"annotations": self._scale() | self.annotations | google},
            "spec": self._spec(namespace, project),
        }
        return {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Service",
            "metadata": self._metadata(namespace),
            "spec": {"template": template, "traffic": [{"latestRevision": True, "percent": 100}]},
        }

    def _metadata(self, namespace: str) -> dict[str, Any]:
        """What the service is called and how it is found."""
        return {
            "name": self.name,
            **({"namespace": namespace} if namespace else {}),
            "labels": {"app": "passerelle"} | self.labels,
            **({"annotations": OPEN_TO_ALL} if self.is_public and not namespace else {}),
        }

    def _scale(self) -> dict[str, str]:
        """How many instances there may be."""
        least, most = self.instances
        return {
            "autoscaling.knative.dev/minScale": str(least),
            "autoscaling.knative.dev/maxScale": str(most),
        }

    def _spec(self, namespace: str, project: str) -> dict[str, Any]:
        """How an instance runs."""
        account = f"passerelle-{self.account}@{project}.iam.gserviceaccount.com"
        return {
            "containerConcurrency": self.concurrency,
            "timeoutSeconds": self.timeout,
            **({} if namespace else {"serviceAccountName": account}),
            "containers": [self._container(namespace)],
            **({"volumes": [volume(s, namespace) for s in self.secrets]} if self.secrets else {}),
        }

    def _container(self, namespace: str) -> dict[str, Any]:
        """The one container."""
        path, seconds = self.startup
        env: list[dict[str, Any]] = [
            {"name": name, "value": value} for name, value in self.variables.items()
        ]
        env += [variable(name, found, namespace) for name, found in self.secret_variables.items()]
        mounts = [mount(each, namespace) for each in self.secrets]
        return {
            "name": "server",
            "image": self.image,
            "ports": [{"name": "http1", "containerPort": self.port}],
            **({"env": env} if env else {}),
            "resources": {"limits": {"cpu": str(self.cpu), "memory": self.memory}},
            "startupProbe": probe(path, self.port, period=1, failures=seconds),
            **(
                {"livenessProbe": probe("/health/live", self.port, period=10, failures=3)}
                if self.is_ours
                else {}
            ),
            **({"volumeMounts": mounts} if mounts else {}),
        }


GOOGLE_ANNOTATIONS = {
    "run.googleapis.com/execution-environment": "gen2",
    "run.googleapis.com/startup-cpu-boost": "true",
}
OPEN_TO_ALL = {"run.googleapis.com/invoker-iam-disabled": "true"}


def probe(path: str, port: int, *, period: int, failures: int) -> dict[str, Any]:
    """A probe every `period` seconds that may fail so many times: of a path, or of the port."""
    by_http = {"httpGet": {"path": path, "port": port}}
    return {
        **(by_http if path else {"tcpSocket": {"port": port}}),
        "periodSeconds": period,
        "timeoutSeconds": 1,
        "failureThreshold": failures,
    }


def mount(secret: Secret, namespace: str) -> dict[str, Any]:
    """Where a container sees a secret. Cloud Run has no field that makes it read-only."""
    read_only = {"readOnly": True} if namespace else {}
    return {"name": secret.volume, "mountPath": secret.mount_path} | read_only


def variable(name: str, secret: str, namespace: str) -> dict[str, Any]:
    """A variable whose text is a secret's. On Cloud Run the key is the secret's version."""
    source = {"name": secret, "key": VALUE if namespace else "latest"}
    return {"name": name, "valueFrom": {"secretKeyRef": source}}


def volume(secret: Secret, namespace: str) -> dict[str, Any]:
    """The volume of a secret. On Cloud Run the item's key is the secret's version."""
    item = {"key": secret.file if namespace else "latest", "path": secret.file}
    return {"name": secret.volume, "secret": {"secretName": secret.name, "items": [item]}}
