"""What gunicorn runs every process with. Each `gunicorn.conf.py` imports all of it."""

workers = 1
worker_class = "passerelle.server.worker.Worker"
logger_class = "passerelle.server.standard_logging.Logger"
graceful_timeout = 8  # seconds; whoever stops a container kills it after ten
control_socket_disable = True
