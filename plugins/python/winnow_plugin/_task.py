"""What a user asks of a plugin."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from . import plugin_pb2 as pb


@dataclasses.dataclass(frozen=True)
class Label:
    """A label that the user names."""

    name: str
    description: str = ""
    examples: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Task:
    """config is the configuration, which fits the manifest's schema; labels are those that the user names for a classifier, and
    empty where the classifier's own are meant."""

    config: dict[str, Any] = dataclasses.field(default_factory=dict)
    labels: tuple[Label, ...] = ()


def task_of(request: pb.OpenClassifierRequest | pb.OpenSourceRequest | pb.ConfigureSinkRequest) -> Task:
    config = json.loads(request.config) if request.config else {}
    labels = getattr(request, "labels", ())
    return Task(config, tuple(Label(x.name, x.description, tuple(x.examples)) for x in labels))
