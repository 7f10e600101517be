"""What a model service says of an answer beside it, in headers, most of which end at the gateway.

A JSON answer names its model itself. One that is no JSON can't, and nobody but our own services
sends the header.
"""

MODEL = "Model"  # the id of the model that answers
PICTURES = "Pictures"  # how many pictures the answer is to, where there may be several
DIGEST = "Artifact-Digest"  # of the artifact that answers

MODEL_OF_ANSWER = "X-Model"  # the id of who gave it, for the client: of a split, the variant

MAX_BYTES = 20_000_000  # of an answer's body: as many as a request's may have unless set
