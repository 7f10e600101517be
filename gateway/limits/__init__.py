"""How often: the counts behind the rates and quotas, of this process or of all of them in Redis."""
