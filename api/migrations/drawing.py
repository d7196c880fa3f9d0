"""Draw the first revisions anew from the declared tables: `python -m api.migrations.drawing`, until the first release.

After it, a change of a table is a revision of its own, written by hand and held by the same test: upgraded from
nothing, a database has exactly the declared tables, on both engines.

May touch: disk (the revisions' files)
Sees:      nothing personal
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from api.migrations.migrating import LINKAGE
from api.migrations.tree import Tree
from api.migrations.vault_tables import VAULT

TREES: Final = (LINKAGE, VAULT)

_FRAME: Final = '''\
"""The tables of the {name} service, and of its log. Drawn by `python -m api.migrations.drawing`; do not edit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit.models import create_tables

revision = "first"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_tables(op.get_bind())
{upgrade}


def downgrade() -> None:
{downgrade}
'''


def drawn(tree: Tree) -> str:
    """The text of a service's first revision, before ruff lays it out."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        script = produce_migrations(MigrationContext.configure(connection), tree.tables)  # type: ignore[arg-type]
    engine.dispose()
    assert script.upgrade_ops is not None and script.downgrade_ops is not None
    up, down = render_python_code(script.upgrade_ops), render_python_code(script.downgrade_ops)
    text = _FRAME.format(name=tree.name, upgrade="    " + up, downgrade="    " + down)
    return re.sub(r"^ +# ### .*\n", "", text, flags=re.MULTILINE)


def laid_out(text: str, file: Path) -> str:
    """The same as ruff formats it."""
    ruff = Path(sys.executable).with_name("ruff")
    command = [str(ruff), "format", "--quiet", "--stdin-filename", str(file), "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)  # noqa: S603  (our own tool)
    return done.stdout


if __name__ == "__main__":
    for each in TREES:
        each.first.write_text(laid_out(drawn(each), each.first), encoding="utf-8")
