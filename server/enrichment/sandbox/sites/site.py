"""Serves the websites: which page at which path, and every way in which a site is not as it should be."""

import gzip
from dataclasses import replace

from enrichment.sandbox.sites import pages
from enrichment.sandbox.wire import Reply, Request, gateway_error, html_reply, pause, text_reply
from enrichment.sandbox.world import Company, World

_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">'
    '<rect width="64" height="64" rx="12" fill="{colour}"/></svg>'
)
_NOT_FOUND = "<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>"


class Sites:
    """Answers for every host: a company's site, or a page that says there is none."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Reply:
        """A page, a redirect or an error, as the site's owner has built it."""
        host = request.host.rsplit(":", 1)[0].lower()
        company = self._world.company(host)
        if company is None:
            return html_reply(404, _NOT_FOUND)
        if company.site.state != "up":
            return gateway_error(503 if company.site.state == "down" else 500)
        if company.site.redirect == "www" and not host.startswith("www."):
            # 301 and 308 are both in use; both keep the path.
            location = f"https://www.{company.domain}{request.path}"
            return html_reply(301 if company.index % 2 else 308, "", {"Location": location})
        return self._dressed(company, request, self._content(company, request.path))

    def throttled(self, retry_after: int | None) -> Reply:
        """A firewall that has had enough."""
        return html_reply(429, "<html><body><h1>429 Too Many Requests</h1></body></html>", pause(retry_after))

    def failed(self, status: int) -> Reply:
        """An error page."""
        return gateway_error(status)

    def _content(self, company: Company, path: str) -> Reply:
        start = f"/{company.language.key}/"
        if company.site.redirect == "path" and path == "/":
            return html_reply(302, "", {"Location": start})
        if path in ("/", start):
            return html_reply(200, pages.home(company))
        if path == "/robots.txt":
            return _robots(company)
        if path == "/assets/logo.svg":
            return Reply(200, _LOGO.format(colour=f"#{company.index * 7919 % 0xFFFFFF:06x}").encode(), "image/svg+xml")
        if company.site.has_pages and path.rstrip("/") == company.language.pages["about"]:
            return html_reply(200, pages.about(company))
        if company.site.has_pages and path.rstrip("/") == company.language.pages["contact"]:
            return html_reply(200, pages.contact(company))
        return html_reply(404, _NOT_FOUND)

    def _dressed(self, company: Company, request: Request, reply: Reply) -> Reply:
        """The reply in the site's charset and compression, with the headers of what it is built with."""
        headers = dict(reply.headers)
        for product in pages.used(company):
            headers |= product.headers
            if product.cookie:
                headers["Set-Cookie"] = product.cookie
        body, content_type = reply.body, reply.content_type
        if reply.content_type.startswith("text/html") and company.site.charset != "utf-8":
            body = body.decode().encode(company.site.charset, "xmlcharrefreplace")
            # Half of them leave it to the page to say which charset it is in.
            content_type = f"text/html; charset={company.site.charset}" if company.index % 2 else "text/html"
        if company.site.is_gzipped and "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["Content-Encoding"] = gzip.compress(body, mtime=0), "gzip"
        return replace(reply, body=body, content_type=content_type, headers=headers)


def _robots(company: Company) -> Reply:
    match company.site.robots:
        case "missing":
            return html_reply(404, _NOT_FOUND)
        case "broken":
            return gateway_error(503)
        case "disallow":
            return text_reply(200, "User-agent: *\nDisallow: /\n")
        case _:
            return text_reply(200, f"User-agent: *\nDisallow: /admin/\nSitemap: https://{company.domain}/sitemap.xml\n")
