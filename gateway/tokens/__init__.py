"""Tokens of identity providers (JSON Web Tokens), beside API keys; by RFC 8725.

    Issuers.identify(text) -> Caller    issuers.py: verified before, or by its issuer
    Issuer.verify(token)                issuer.py: the checks, in order
    Compact, header, claims             what a token says
    KeySource.find(kid)                 key_source.py: an issuer's keys, kept and fetched anew
    IssuerTable.accept(tokens)          issuer_table.py: a new reading of the manifest

What a token says of keys and of algorithms is never believed: both are its issuer's.
"""
