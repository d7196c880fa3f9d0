"""The front desk: command line and rehearsal today, services later. Nothing imports it."""
