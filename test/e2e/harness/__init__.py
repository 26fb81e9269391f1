"""Real servers for the end-to-end tests: PostgreSQL, nats-server, waljet; one noun a file.

Everything runs in temporary directories, on ports chosen at run time, and is stopped by process id: tests may run in
parallel and beside other servers.
"""
