"""Pictures by their address: a client names a picture, and the gateway gets it.

Whoever sends such a request chooses where the gateway connects to, from inside its network. So the
host must be one that the manifest names, its addresses must be public, the connection is made to an
address that was looked at, and a redirect begins all of it anew. What goes wrong is told without
saying what the gateway sees of its network.
"""
