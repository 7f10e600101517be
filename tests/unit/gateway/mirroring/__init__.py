"""Tests of requests that go to another model as well."""
