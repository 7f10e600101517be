"""What gunicorn runs every process with. Each `gunicorn.conf.py` imports all of it."""

workers = 1
worker_class = "passerelle.server.worker.Worker"
graceful_timeout = 8  # seconds; whoever stops a container kills it after ten
keepalive = 30  # seconds
control_socket_disable = True
sendfile = False  # would go round the socket's deadlines
header_map = "refuse"
forwarder_headers = ""
forwarded_allow_ips = ""  # nobody's word is taken for who the client is
