"""The processes of a running service: a supervisor, web processes on one socket, workers; who starts and ends whom."""
