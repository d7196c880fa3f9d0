"""How databases of the services come to have the tables that this version needs."""
