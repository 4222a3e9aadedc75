"""What a person sees: an enrichment as it happens, tables of sources and settings, sentences for failures."""

import os

# gRPC's core reads this once, when it is imported. Left alone it writes notes of its own between the lines; what
# matters of them comes as an exception, too.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
