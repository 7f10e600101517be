"""Getting a picture from where its address says: who is asked, how long, and for how much.

A name is resolved once, and every address that it has is looked at before the first of them is
connected to: so no name can be public when it is looked at and private when it is asked. Nothing of
the client's request goes along, no redirect is believed, and nothing is kept for the next fetch.
"""

import asyncio
import contextlib
import dataclasses
import functools
import http
import ipaddress
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence

from gateway import transport
from gateway.fetching import picture_url, public_addresses
from gateway.fetching.picture_url import PictureUrl
from gateway.transport import Pool, StreamedRequest, StreamedResponse, UnreachableError
from passerelle.protocol import problems
from passerelle.server import daemon_thread
from passerelle.server.pictures import picture

MAX_SECONDS = 10.0  # of a whole fetch
RESOLVE_TIMEOUT = 3.0  # seconds
SILENCE = 5.0  # seconds that a host may do nothing
MAX_FETCHES = 32  # at once
MAX_LOOKUPS = 64  # names that are looked up at once, those included that nobody waits for any more
MAX_ADDRESSES = 3  # of a name that are tried, where the first can't be reached
MAX_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
HEADERS = {
    "User-Agent": "passerelle",
    "Accept": "image/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


Take = Callable[[int], None]  # counts so many bytes more; raises a problem if they are too many


@functools.cache
def tls() -> ssl.SSLContext:
    """What a host's certificate is held against, read once a process."""
    return ssl.create_default_context()


def pool(origin: str, address: str) -> Pool:
    """The connections to an origin at one of its addresses."""
    return Pool(origin, address, tls=tls() if origin.startswith("https:") else None)


@dataclasses.dataclass(frozen=True)
class Network:
    """What a fetch does outside the process; the tests have another."""

    resolve: Callable[[str], list[str]] = public_addresses.resolve
    is_public: Callable[[str], bool] = public_addresses.is_public
    is_own: Callable[[str], bool] = public_addresses.is_own
    pool: Callable[[str, str], Pool] = pool


class Fetcher:
    """Gets pictures by their addresses. Per process, of its event loop alone."""

    def __init__(self, network: Network | None = None) -> None:
        self._network = network or Network()
        self._fetches = 0  # on their way
        self._lookups = threading.BoundedSemaphore(MAX_LOOKUPS)

    async def fetch(self, text: str, hosts: Sequence[str], seconds: float, take: Take) -> bytes:
        """The bytes of the picture at an address, each of which is counted as it arrives.

        `hosts` are those of the manifest, `seconds` what is left of the request's time.

        Raises:
            UnprocessableContent: it isn't fetched from there, or what is there is no picture.
            ServiceUnavailable: too many are being fetched.
            GatewayTimeout, BadGateway: the host is slow, or gone.
            What `take` raises.
        """
        with self._slot():
            limit = min(seconds, MAX_SECONDS)
            try:
                async with asyncio.timeout(limit):
                    return await self._follow(text, hosts, time.monotonic() + limit, take)
            except TimeoutError:
                raise problems.GatewayTimeout(
                    f"The picture did not arrive from its address within {limit:.3g} s. Send the "
                    "picture itself, or try again later."
                ) from None

    @contextlib.contextmanager
    def _slot(self) -> Iterator[None]:
        """The right to fetch, until the end of the block."""
        if self._fetches >= MAX_FETCHES:
            raise problems.ServiceUnavailable(
                f"{MAX_FETCHES} pictures are being fetched already. Try again shortly."
            )
        self._fetches += 1
        try:
            yield
        finally:
            self._fetches -= 1

    async def _follow(self, text: str, hosts: Sequence[str], deadline: float, take: Take) -> bytes:
        """The picture at an address, or where that sends us, each looked at like the first."""
        for _ in range(MAX_REDIRECTS + 1):
            url = picture_url.parse(text, hosts)
            found = await self._get(url, await self._addresses(url.host), deadline, take)
            if isinstance(found, bytes):
                return found
            text = found.location
        raise problems.UnprocessableContent(
            f"The picture's address leads on more than {MAX_REDIRECTS} times. Name the address "
            "where it ends."
        )

    async def _addresses(self, host: str) -> list[str]:
        """The addresses of a host, if all of them are public.

        Raises:
            UnprocessableContent: one isn't, or there are none; it isn't said which.
        """
        try:
            found = [str(ipaddress.ip_address(host))]
        except ValueError:
            found = await self._resolve(host)
        network = self._network
        if not found or not all(
            network.is_public(each) and not network.is_own(each) for each in found
        ):
            raise problems.UnprocessableContent(
                f"{host} has no public address. Send the picture itself."
            )
        return found[:MAX_ADDRESSES]

    async def _resolve(self, name: str) -> list[str]:
        """The addresses of a name; none where it has none, or they can't be had in time."""
        if not self._lookups.acquire(blocking=False):
            raise problems.ServiceUnavailable(
                "Too many hosts of pictures are being looked up already. Try again shortly."
            )

        def resolve() -> list[str]:
            try:
                return self._network.resolve(name)
            finally:
                self._lookups.release()

        with contextlib.suppress(OSError, UnicodeError):
            async with asyncio.timeout(RESOLVE_TIMEOUT):
                return await daemon_thread.run(resolve)
        return []

    async def _get(
        self, url: PictureUrl, addresses: list[str], deadline: float, take: Take
    ) -> "bytes | Redirect":
        """What is at an address, asked of the first of its host's that can be reached.

        Raises:
            BadGateway, TimeoutError, UnprocessableContent; what `take` raises.
        """
        request = StreamedRequest("GET", url.target, HEADERS)
        for address in addresses:
            connections = self._network.pool(url.origin, address)
            silence = min(SILENCE, transport.remaining(deadline))
            try:
                async with connections.stream(request, silence) as response:
                    return await read(response, url, take)
            except UnreachableError:
                continue
            except TimeoutError:
                raise
            except OSError:
                break
            finally:
                connections.close_idle()
        raise problems.BadGateway(
            f"{url.host} can't be reached, or broke off its answer. Send the picture itself, or "
            "try again later."
        )


@dataclasses.dataclass(frozen=True)
class Redirect:
    """Where a host says that the picture is."""

    location: str


async def read(response: StreamedResponse, url: PictureUrl, take: Take) -> bytes | Redirect:
    """The picture that a host answers with.

    Raises:
        UnprocessableContent: it is none, or not as it was asked for.
        OSError; what `take` raises.
    """
    if response.status in REDIRECTS and response.headers.get("location"):
        return Redirect(joined(url, response.headers["location"]))
    refuse_other(response, url)
    chunks = []
    async with contextlib.aclosing(response.parts) as parts:
        async for part in parts:
            take(len(part))
            chunks.append(part)
    if not chunks:
        raise problems.UnprocessableContent(
            f"{url.host} answers with nothing. Name the address of the picture itself."
        )
    return b"".join(chunks)


def joined(url: PictureUrl, location: str) -> str:
    """The address that a redirect names, which may be relative.

    Raises:
        UnprocessableContent: it is none.
    """
    try:
        return urllib.parse.urljoin(url.text, location.encode("latin-1").decode())
    except ValueError:
        raise picture_url.malformed() from None


def refuse_other(response: StreamedResponse, url: PictureUrl) -> None:
    """Return only if a response's head says nothing against its being a picture.

    Raises:
        UnprocessableContent
    """
    if response.status != http.HTTPStatus.OK:
        raise problems.UnprocessableContent(
            f"{url.host} answers with the status {response.status} in place of the picture. Name "
            "an address that needs no log-in and leads to the picture itself."
        )
    headers = response.headers
    codings = headers.get("content-encoding", ""), headers.get("transfer-encoding", "")
    if codings[0].lower() not in ("", "identity") or codings[1].lower() not in ("", "chunked"):
        raise problems.UnprocessableContent(
            f"{url.host} sends the picture compressed, though it was asked not to. Send the "
            "picture itself."
        )
    media_type = response.media_type
    try:
        picture.check_media_type(media_type)
    except problems.UnsupportedMediaType:
        is_readable = False
    else:
        is_readable = not picture.is_json(media_type) and media_type != picture.FORM_TYPE
    if not is_readable:
        raise problems.UnprocessableContent(
            f"What is at the picture's address is {media_type[:60]}. Name the address of the "
            "picture itself."
        )
