"""The page: a person picks a model, gives it a picture, and understands the answer.

It speaks to the gateway alone, with a key of its own that never reaches the browser, and keeps
nothing: a visitor's choice lies in a signed cookie, and the answers stay in the browser.
"""
