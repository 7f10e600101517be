"""What all requests of the model service share."""

import dataclasses
import functools

from services.model import asked, memory_budget, settings
from services.model.models import Models


@dataclasses.dataclass(frozen=True)
class State:
    """Made once, by `app.create_app`. Per process."""

    options: settings.Settings
    models: Models
    decode_memory: memory_budget.Budget

    def limits(self, deadline: float | None) -> asked.Limits:
        """Within which a request's pictures are decoded."""
        reserve = functools.partial(self.decode_memory.reserve, deadline=deadline)
        return asked.Limits(self.options.max_pixels, reserve, self.options.formats)
