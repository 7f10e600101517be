"""models.yaml -> what runs it elsewhere. Each module here is one target: text in, text out."""
