"""`passerelle keys`: the API keys that a gateway takes."""

import dataclasses
import datetime
from collections.abc import Sequence
from pathlib import Path

import click

from gateway.caller import ALL, Verb
from gateway.keys import api_keys, key_file
from gateway.keys.api_keys import Key
from gateway.usage import usage_file
from passerelle.cli import key_options, key_table, options
from passerelle.local import key_changes, local_state
from passerelle.manifest import names
from passerelle.protocol import timestamps
from passerelle.protocol.rates import Rate

FOLLOWS = "A running gateway that reads this file follows within seconds."


@click.group()
def keys() -> None:
    """API keys."""


@keys.command()
@click.option("--name", required=True, help="Whose it is; the logs show it.")
@key_options.models
@key_options.verbs
@key_options.rate
@key_options.quota
@key_options.expires
@key_options.file
@options.state_option
def new(  # an option each
    name: str,
    ids: tuple[str, ...],
    verbs: tuple[Verb, ...],
    rate: Rate | None,
    quota: Rate | None,
    expires: datetime.datetime | None,
    file: Path | None,
    state: Path,
) -> None:
    """Make a key and show it, once. A gateway that reads the file follows within seconds."""
    if mistake := names.mistake(name):
        raise click.BadParameter(f"{name!r} {mistake}", param_hint="--name")
    rights = Key(name, "", "", ids or (ALL,), expires, verbs, rate, quota)
    path = file or local_state.keys_file(state)
    with key_changes.changing(path, may_make=True) as found:
        text, key = api_keys.like(rights, {each.prefix for each in found})
        found.append(key)
    click.echo(text)
    click.echo(f"Kept as a hash in {path}. It is not shown again.", err=True)


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@key_options.file
@key_options.usage
@options.state_option
def show(*, as_json: bool, file: Path | None, usage: Path | None, state: Path) -> None:
    """List the keys: what each may do, until when, its last use, and whether it works now."""
    found = key_file.read(file or local_state.keys_file(state)).by_prefix.values()
    uses = usage_file.last_uses(usage or local_state.usage_file(state))
    if as_json:
        click.echo(key_table.text(found, uses, timestamps.now()))
    else:
        key_table.show(found, uses, timestamps.now())


@keys.command()
@click.argument("word", metavar="NAME|PREFIX")
@key_options.file
@options.state_option
def revoke(word: str, file: Path | None, state: Path) -> None:
    """End a key. It stays in the file as revoked, so that logs that name it can be read."""
    path, now = file or local_state.keys_file(state), timestamps.now()
    with key_changes.changing(path) as found:
        key = chosen(found, word, path, now)
        if key.revoked is None:
            replace(found, dataclasses.replace(key, revoked=now))
    since = timestamps.render(key.revoked or now)
    click.echo(f"{key.name}, {key.prefix}, is revoked since {since}. {FOLLOWS}", err=True)


@keys.command()
@click.argument("word", metavar="NAME|PREFIX")
@click.option(
    "--overlap",
    type=key_options.Duration(),
    default="7d",
    show_default=True,
    help="How long both work.",
)
@key_options.expires
@key_options.file
@options.state_option
def rotate(
    word: str,
    overlap: datetime.timedelta,
    expires: datetime.datetime | None,
    file: Path | None,
    state: Path,
) -> None:
    """Make a second key with the same rights and show it, once; end the first after the overlap."""
    path, now = file or local_state.keys_file(state), timestamps.now()
    with key_changes.changing(path) as found:
        old = chosen(found, word, path, now)
        end = last_moment(old, now, overlap, expires)
        renewed = dataclasses.replace(old, expires=expires or old.expires)
        text, key = api_keys.like(renewed, {each.prefix for each in found})
        replace(found, dataclasses.replace(old, expires=end))
        found.append(key)
    click.echo(text)
    click.echo(f"Kept as a hash in {path}. It is not shown again.", err=True)
    click.echo(f"The old one, {old.prefix}, works until {timestamps.render(end)}.", err=True)


def last_moment(
    key: Key,
    now: datetime.datetime,
    overlap: datetime.timedelta,
    expires: datetime.datetime | None,
) -> datetime.datetime:
    """When a key ends that is rotated now, for one that expires at a moment, or like it.

    Raises:
        click.UsageError: there is nothing to rotate.
    """
    if not key.is_valid(now):
        why = key_table.status(key, now)
        raise click.UsageError(f"{key.name}, {key.prefix}, is {why}: make another with keys new.")
    end = now + overlap
    if key.expires is None or end < key.expires:
        return end
    if expires is None:
        at = timestamps.render(key.expires)
        raise click.UsageError(f"{key.name} expires on {at}, and so would the new one: --expires.")
    return key.expires


def chosen(found: Sequence[Key], word: str, path: Path, now: datetime.datetime) -> Key:
    """The key of that prefix, or the one of that name: of several, the one that works now.

    Raises:
        click.UsageError: there is none, or more than one.
    """
    if same := [each for each in found if each.prefix == word]:
        return same[-1]
    named = [each for each in found if each.name == word]
    working = [each for each in named if each.is_valid(now)] or named
    if not working:
        raise click.UsageError(f"{path} has no key whose name or prefix is {word!r}: see keys list")
    if len(working) > 1:
        prefixes = ", ".join(each.prefix for each in working)
        raise click.UsageError(f"Several keys are called {word!r}. Give a prefix: {prefixes}.")
    return working[0]


def replace(found: list[Key], key: Key) -> None:
    """Put a key in the place of the one of its prefix."""
    found[:] = [key if each.prefix == key.prefix else each for each in found]
