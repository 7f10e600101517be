"""An entry as written -> a complete model: defaults, seconds, absolute paths."""

import os
from pathlib import Path
from typing import Any

from passerelle.manifest import (
    deployment,
    model,
    rollout_fields,
    schema,
    service_name,
    weights_fields,
)
from passerelle.manifest.access_fields import TokenIssuer
from passerelle.manifest.backend_fields import Backend
from passerelle.manifest.schema import Defaults, Entry
from passerelle.protocol import rates

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}  # of each unit


def complete(entry: Entry, defaults: Defaults, folder: Path) -> model.AnyModel:
    """One model with every field filled in. `folder` is the manifest's."""
    if entry.backend:
        return external(entry, entry.backend, defaults, folder)
    if entry.pipeline:
        steps = entry.pipeline[0], entry.pipeline[1]
        return model.Pipeline(**served(entry, defaults) | {"cache": None}, steps=steps)
    if entry.split:
        return split(entry, entry.split, defaults)
    return own(entry, defaults, folder)


def served(entry: Entry, defaults: Defaults) -> dict[str, Any]:
    """What the gateway needs of a model of any kind."""
    return {
        "id": entry.id,
        "title": entry.title or entry.id,
        "timeout": seconds(entry.timeout or defaults.timeout),
        "cache": _cache(entry.cache or defaults.cache),
        "public": bool(entry.public),
        "rate": _rate(entry.rate),
        "quota": _rate(entry.quota),
        "mirror": _mirror(entry.mirror),
        "capture": _capture(entry.capture),
    }


def split(entry: Entry, weights: dict[str, float], defaults: Defaults) -> model.Split:
    """Several models under one id."""
    measures_agreement = entry.promote is not None and entry.promote.agreement is not None
    compare = entry.compare or (rollout_fields.USUAL_COMPARE if measures_agreement else "0%")
    return model.Split(
        **served(entry, defaults) | {"cache": None},
        weights={name: float(each) for name, each in weights.items()},
        sticky=_sticky(entry.sticky),
        compare=rollout_fields.share(compare),
        promote=_promote(entry.promote),
    )


def _sticky(written: str | None) -> str | None:
    """`key` as it is, and a header's name in lower case behind its word."""
    return written.lower() if written and written.startswith(model.HEADER_PREFIX) else written


def _promote(written: rollout_fields.Promote | None) -> model.Promote | None:
    if written is None:
        return None
    return model.Promote(
        agreement=written.agreement,
        p95=float(written.p95.removesuffix("x")) if written.p95 else None,
        errors=rollout_fields.share(written.errors) if written.errors else None,
        requests=written.requests,
        steps=tuple(map(float, written.steps)),
    )


def _mirror(written: rollout_fields.Mirror | None) -> model.Mirror | None:
    if written is None:
        return None
    return model.Mirror(to=written.to, share=rollout_fields.share(written.share))


def _capture(written: rollout_fields.Capture | None) -> model.Capture | None:
    if written is None:
        return None
    size = rollout_fields.size(written.size)
    return model.Capture(share=rollout_fields.share(written.share), size=size)


def manifest(written: schema.Manifest, models: model.Models) -> model.Manifest:
    """All that a manifest says beside its models, and these."""
    return model.Manifest(
        models=models,
        fetch=model.Fetch(hosts=tuple(written.fetch.hosts)) if written.fetch else None,
        public=frozenset(written.public),
        tokens=tuple(_issuer(each) for each in written.tokens),
        cors=model.Cors(origins=tuple(written.cors.origins)) if written.cors else None,
    )


def _issuer(written: TokenIssuer) -> model.TokenIssuer:
    """An identity provider."""
    return model.TokenIssuer(
        issuer=written.issuer,
        audience=written.audience,
        jwks=written.jwks,
        algorithms=tuple(written.algorithms),
        scopes=written.scopes,
        prefix=written.prefix,
        subjects={name: tuple(scopes) for name, scopes in written.subjects.items()},
        name=written.name,
        rate=_rate(written.rate),
        quota=_rate(written.quota),
    )


def _rate(text: str | None) -> rates.Rate | None:
    return rates.parse(text) if text else None


def external(
    entry: Entry, backend: Backend, defaults: Defaults, folder: Path
) -> model.ExternalModel:
    """A model that a backend serves."""
    headers = {name: _absolute(text, folder) for name, text in (backend.headers or {}).items()}
    return model.ExternalModel(
        **served(entry, defaults),
        service=service_name.of(entry),
        deployment=deployment.of(entry, defaults),
        backend=model.Backend(
            protocol=backend.protocol,
            url=backend.url,
            image=backend.image,
            command=tuple(backend.command or ()),
            folder=str(folder.resolve()),
            port=backend.port or 8080,
            path=backend.path,
            health=backend.health,
            headers=headers,
        ),
    )


def own(entry: Entry, defaults: Defaults, folder: Path) -> model.Model:
    """A model of ours."""
    part = (
        entry.weights
        if isinstance(entry.weights, weights_fields.WeightsFile)
        else weights_fields.WeightsFile()
    )
    return model.Model(
        **served(entry, defaults),
        task=entry.task or ("tensor" if entry.handler else None),
        architecture=entry.architecture or "",
        arguments=entry.arguments or [],
        keywords=entry.keywords or {},
        weights=_absolute(entry.weights_source, folder),
        weights_key=part.key,
        weights_strip=part.strip,
        sha256=entry.sha256,
        input=model.Input(**entry.input.model_dump()) if entry.input else None,
        labels=_absolute(entry.labels, folder) if isinstance(entry.labels, str) else entry.labels,
        handler=entry.handler,
        output=entry.output,
        activation=entry.activation,
        engine=entry.engine or defaults.engine,
        precision=entry.precision or defaults.precision,
        calibration=_path(entry.calibration, folder) if entry.calibration else None,
        module_folders=tuple(map(str, dict.fromkeys((folder.resolve(), Path.cwd())))),
        accept=model.Accept(**entry.accept.model_dump()) if entry.accept else None,
        service=service_name.of(entry),
        deployment=deployment.of(entry, defaults),
    )


def seconds(duration: str) -> float:
    """`500ms` as 0.5."""
    number = duration.rstrip("msh")
    return float(number) * SECONDS[duration.removeprefix(number)]


def _cache(written: schema.Cache | None) -> model.Cache | None:
    """The answer cache, or None where it is off."""
    if not written or not written.size:
        return None
    return model.Cache(size=written.size, ttl=seconds(written.ttl))


def _absolute(source: str, folder: Path) -> str:
    """A `file:` source with its path made absolute; any other as it is."""
    kind, colon, rest = source.partition(":")
    return f"file:{_path(rest, folder)}" if colon and kind == "file" else source


def _path(written: str, folder: Path) -> str:
    """A path made absolute. A link stays one, since it may lead elsewhere tomorrow."""
    return os.path.normpath(folder.resolve() / written)
