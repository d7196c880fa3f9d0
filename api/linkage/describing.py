"""Print the description of the whole API: `python -m api.linkage.describing > docs/openapi.json`.

May touch: standard output
Sees:      nothing personal
"""

from __future__ import annotations

import json
import sys

from api.http.description import describe
from api.linkage.routers import ROUTERS

if __name__ == "__main__":
    json.dump(describe(ROUTERS), sys.stdout, indent=1, ensure_ascii=False, sort_keys=True)
    sys.stdout.write("\n")
