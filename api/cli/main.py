"""`sealink`: one command, its verbs grouped by who calls them.

This file only assembles; each persona has its own file.
"""

from __future__ import annotations

import typer

from api.cli import (
    adversary,
    auditing,
    case_lists,
    ceremony,
    certificate,
    changing,
    correcting,
    custodian,
    custodian_tasks,
    desk,
    health,
    judging,
    law,
    linkage_unit,
    people,
    planning,
    rehearsal,
    release_agent,
    review,
    roster,
    sealing,
    serve,
    signing_in,
    submitting,
    token,
    unit_accounts,
    unit_agencies,
    unit_projects,
    webhooks,
)

app = typer.Typer(
    name="sealink",
    help="Link the same child across agencies' files without anyone outside the owning agency seeing a name.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals hold names
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

rehearsal.register(app)
planning.register(app)
custodian.register(app)
signing_in.register(app)
submitting.register(app)
serve.register(app)
unit_agencies.register(app)
unit_accounts.register(app)
people.register(app)
unit_projects.register(app)
linkage_unit.register(app)
health.register(app)
judging.register(app)
review.register(app)
custodian_tasks.register(app)
webhooks.register(app)
adversary.register(app)
auditing.register(app)
sealing.register(app)
desk.register(app)
certificate.register(desk.desk)
changing.register(app)
correcting.register(app)
case_lists.register(app)
roster.register(app)
release_agent.register(app)
law.register(app)
token.register(app)
ceremony.register(app)


def run() -> None:
    """Entry point of the installed command."""
    app()


if __name__ == "__main__":
    run()
