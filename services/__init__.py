"""The services behind the gateway. They import neither `gateway` nor `passerelle`."""
