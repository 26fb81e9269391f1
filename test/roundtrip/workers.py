"""What a worker needs for round trips: a PostgreSQL server."""

from harness import workers
from harness.postgres import PostgresServer

import trial


class Equipment:
    def __init__(self, template):
        self.server = PostgresServer(template, autovacuum="off", max_connections=20, statement_timeout="60s")
        try:
            self.server.start()
            self.extensions = trial.prepare(self.server)
        except BaseException:
            self.server.remove()
            raise

    def run(self, task):
        return trial.run(self.server, self.extensions, *task)

    def remove(self):
        self.server.remove()


def carry_out(tasks, jobs):
    """Runs trial.run() with each of `tasks`, its arguments behind server and extensions; yields results as they come."""
    yield from workers.carry_out(tasks, jobs, Equipment, Equipment.run)
