"""What every part of models.yaml shares."""

import pydantic


class Fields(pydantic.BaseModel):
    """A part of the manifest: no unknown key, no silent conversion."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)
