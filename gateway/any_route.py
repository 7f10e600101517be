"""Whatever answers for an id of the manifest."""

from gateway.route import PipelineRoute, Route
from gateway.split_route import SplitRoute

AnyRoute = Route | PipelineRoute | SplitRoute
