"""Routes and schemas of the linkage service, one file a topic; each route calls one flow and nothing deeper."""
