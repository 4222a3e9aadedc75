"""`python -m enrichment`: the same as `imensiah`."""

import sys

from enrichment.cli import main

sys.exit(main())
