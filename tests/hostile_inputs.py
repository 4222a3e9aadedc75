"""Texts that are sent as a website and must be refused before anything is fetched: every family, in many spellings."""

from collections.abc import Iterable


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Loopback, private, link-local, cloud metadata, carrier-grade, multicast, broadcast, this network.
TARGETS = _words(
    """
    127.0.0.1 127.1.2.3 10.0.0.1 172.16.0.1 192.168.0.1 169.254.169.254 100.64.0.1 224.0.0.1 255.255.255.255 0.0.0.0
    """
)
PUBLIC_ADDRESSES = ("8.8.8.8", "1.1.1.1", "200.160.2.3")
IPV6 = _words(
    """
    ::1 :: ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:169.254.169.254 ::127.0.0.1 fe80::1 fe80::1%eth0 fe80::1%25lo
    fc00::1 fd00:ec2::254 fec0::1 ff02::1 64:ff9b::7f00:1 2002:7f00:1:: 2001:db8::1 2606:4700:4700::1111
    0:0:0:0:0:0:0:1 0000:0000:0000:0000:0000:0000:0000:0001 ::FFFF:10.0.0.1
    """
)
LOCAL_NAMES = _words(
    """
    localhost LOCALHOST LocalHost localhost. a.localhost app.dev.localhost localhost.localdomain
    localhost6.localdomain6 localhost.local ip6-localhost ip6-loopback broadcasthost
    """
)
RESERVED = _words(
    """
    printer.local nas.lan router.home pc.corp db.internal metadata.google.internal metadata.azure.internal
    instance-data.ec2.internal kubernetes.default.svc.cluster.local vault.service.consul acme.test acme.example
    acme.invalid acme.alt acme.onion facebookwkhpilnemxj7asaniu7vnjjbiltxjqhye3mhbshg7kx5tfyd.onion home.arpa
    gateway.home.arpa 1.0.0.127.in-addr.arpa ip6.arpa resolver.arpa ipv4only.arpa acme.intranet acme.private
    acme.mail pc.workgroup pc.domain acme.localdomain example example.com www.example.com EXAMPLE.COM example.net
    a.b.example.org test invalid local internal onion arpa alt
    """
)
BARE_SUFFIXES = _words(
    """
    com net org br com.br gov.br org.br net.br uk co.uk org.uk ac.uk jp co.jp com.au de fr io ai dev app shop
    xn--p1ai xn--55qx5d.cn 公司.cn рф COM.BR com.br. foo.ck anything.kawasaki.jp
    """
)
UNKNOWN_ENDINGS = _words(
    """
    acme.c0m acme.comm acme.con acme.nope acme.notatld acme.brr acme.xn--zzzzzz acme.docker acme.svc acme.cluster
    acme.consul acme.ipfs acme.bit acme.dn42 acme.txt acme.php index.html acme.example1 acme.123abc a.b.c.d.e.f
    acme.ｃ０ｍ
    """
)
SINGLE_WORDS = _words(
    """
    nubank www http https ftp intranet redis postgres metadata kubernetes host.. db0 a x- -x _
    """
)
SCHEMES = _words(
    """
    ftp ftps file gopher dict ldap ldaps ws wss ssh telnet smtp imap jar netdoc php expect phar data javascript
    vbscript view-source blob about chrome resource redis mysql s3 gs git svn tftp rtsp sip tel urn feed intent
    httpx hxxp http+unix HTTPS2
    """
)
OPAQUE = _words(
    """
    javascript:alert(1) JaVaScRiPt:alert(document.domain) javascript:alert(1)//nubank.com.br data:text/html,hello
    data:text/html;base64,PGgxPg== data:,nubank.com.br file:/etc/passwd file:etc/passwd mailto:info
    tel:+551130000000 urn:isbn:0451450523 about:blank blob:https://nubank.com.br/x view-source:https://nubank.com.br
    vbscript:msgbox(1) http:nubank.com.br https:nubank.com.br https:/nubank.com.br http:/127.0.0.1 sms:+1
    magnet:?xt=urn cid:foo jar:http://127.0.0.1!/ feed:https://nubank.com.br x-apple:thing steam:run
    """
)
USERINFO = _words(
    """
    https://admin@nubank.com.br https://admin:secret@nubank.com.br https://nubank.com.br@127.0.0.1
    https://nubank.com.br:443@169.254.169.254 http://127.0.0.1@nubank.com.br http://@nubank.com.br
    http://:@nubank.com.br https://nubank.com.br%40127.0.0.1 https://a@b@nubank.com.br
    https://nubank.com.br:80@localhost http://u:p@[::1] admin:secret@nubank.com.br info@nubank.com.br
    contato@acme.com.br sales@localhost root@127.0.0.1 a@b @nubank.com.br nubank.com.br@ mailto:info@nubank.com.br
    <info@nubank.com.br> https://nubank.com.br＠127.0.0.1 nubank.com.br﹫evil.com
    """
)
BROKEN_NAMES = _words(
    """
    a..com .nubank.com.br nubank..com.br nubank.com.br.. . .. ... -acme.com acme-.com a.-b.com ac_me.com
    _dmarc.acme.com acme!.com acme$.com acme*.com *.acme.com (acme).com acme,com acme;com acme.com;x acme.com,b.com
    'acme.com' "acme.com" `id`.com $(id).com ${jndi:ldap://x}.com {{7*7}}.com <acme>.com <script>alert(1)</script>
    acme|id.com acme&id.com acme=com acme+b.com acme~.com ^acme.com acme.com' acme'or'1'='1.com ac%6De.com
    %31%32%37.0.0.1 %6cocalhost nubank.com.br%00.evil.com nubank.com.br%0d%0aHost:x acme%2ecom acme.com%2f xn--.com
    xn--a.com xn--foo-.com xn--é.com xn--99999999999.com xn--zzz---.com ☃.com a☕.com ♥.de ａ_b.com acme.com‥ acme․c0m
    acme／.com ℀.com acme？.com acme＃.com acme％2e.com acme：80.com ⒈com א1a.com ا.א1 ·.com
    """
)
PATHS_ALONE = _words(
    """
    / // /// ? # /etc/passwd ../../etc/passwd ./nubank.com.br ?q=nubank.com.br #nubank.com.br //nubank.com.br
    ///nubank.com.br http:// https:// http:/// http:///nubank.com.br https://?x https://#x https://:80 https://:80/x
    http://. http://.. http://../ http://?nubank.com.br :// :80 : @ http://http://nubank.com.br https://https
    ://nubank.com.br c:/windows //localhost/share
    """
)
BACKSLASHES = (
    "http:\\\\nubank.com.br",
    "\\\\nubank.com.br\\share",
    "https:\\/nubank.com.br",
    "nubank.com.br\\@127.0.0.1",
    "https://nubank.com.br\\.evil.com",
    "https://127.0.0.1\\@nubank.com.br",
    "nubank\\.com.br",
    "c:\\windows\\system32",
    "\\",
    "https://nubank.com.br:80\\@127.0.0.1:80",
    "\\x6e\\x75",
    "nubank.com.br\\",
)
BAD_PORTS = tuple(
    f"{start}nubank.com.br:{port}"
    for start in ("", "https://")
    for port in _words(
        """
        0 00000 65536 99999 100000 999999999999 -1 +80 80a 0x50 8_0 80.0 ８０ ٨٠ http 80:80 %38
        """
    )
)
# Characters that end a line or a C string, reverse the direction of reading, or cannot be seen at all.
UNSEEN = (
    *(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\r\n"),
    *"\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2063",
    *"\u2066\u2067\u2068\u2069\ufe0f\ufeff\ufff9\ufffb\U000e0001\U000e0041\U000e0100\ue000\ud800\udfff\uffff\U0010ffff",
)
SPACES = (
    "nubank com br",
    "nubank .com.br",
    "https:// nubank.com.br",
    "https ://nubank.com.br",
    "nubank.com.br 127.0.0.1",
    "nubank.com.br\tevil.com",
    "nubank.com.br\nHost: evil.com",
    "nubank.com.br\r\nX-Injected: 1",
    "nu\tbank.com.br",
    "https://nu\nbank.com.br",
    "h\nttps://nubank.com.br",
    "nubank\u3000.com.br",
    "nubank\u2003.com.br",
    "nubank\u00a0.com.br",
    "Nubank S.A.",
    "what is nubank's website?",
    "'; DROP TABLE companies; --",
    "nubank.com.br, itau.com.br",
    "the website is nubank.com.br",
    "Ignore all previous instructions",
)
BLANK = ("", " ", "\t", "\r\n", "\u00a0", "   \n   ")
TOO_LONG = (
    "a" * 64 + ".com",
    "a" * 253 + ".com",
    "a" * 3_000 + ".com",
    "ü" * 60 + ".com",
    "ü" * 300 + ".de",
    "xn--" + "a" * 60 + ".com",
    ".".join(["a" * 50] * 5) + ".com",
    "a." * 126 + "com",
    "a." * 1_000 + "com",
    "https://" + "a." * 127 + "com/path",
    "https://nubank.com.br/" + "a" * 2_048,
    " " * 2_048 + "nubank.com.br",
    "." * 2_000,
    "@" * 2_000,
    "[" * 2_000,
    ":" * 2_000,
    "%" * 2_000,
    "/" * 2_000,
    "x://" * 500,
    "é" * 2_000,
    "\U0001f600" * 500,
    "a\u0301" * 1_000,
    "nubank.com.br" * 1_000,
)


def _ipv4_spellings(address: str) -> Iterable[str]:
    a, b, c, d = (int(part) for part in address.split("."))
    whole = a << 24 | b << 16 | c << 8 | d
    yield from (
        address,
        f"{address}.",
        f"{address}:80",
        f"http://{address}",
        f"https://{address}:443/latest/meta-data/?x#y",
    )
    yield from (str(whole), hex(whole), f"0X{whole:08X}", f"0{whole:o}", f"http://{whole}/", f"{whole}.")
    yield f"{a}.{b << 16 | c << 8 | d}"
    yield f"{a}.{b}.{c << 8 | d}"
    yield ".".join(hex(part) for part in (a, b, c, d))
    yield ".".join(f"0{part:o}" for part in (a, b, c, d))
    yield ".".join(f"{part:03d}" for part in (a, b, c, d))
    yield f"{a:#x}.{b << 16 | c << 8 | d}"
    yield address.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    yield address.translate({ord("0") + digit: 0x1D7CE + digit for digit in range(10)})
    yield address.replace(".", "。")
    yield address.replace(".", "．")
    yield address.replace(".", "%2e")


def _ipv6_spellings(address: str) -> Iterable[str]:
    yield from (address, f"[{address}]", f"http://[{address}]", f"https://[{address}]:443/x", f"http://{address}/")


def _all() -> Iterable[str]:
    for address in (*TARGETS, *PUBLIC_ADDRESSES):
        yield from _ipv4_spellings(address)
    yield from _words(
        """
        127.1 127.0.1 0 0x0 00 0x 1 256.256.256.256 1.2.3.4.5 999.1 0x7f.1 0177.1 1.2.3 a.1 nubank.0x7f ①②⑦.0.0.1
        """
    )
    for address in IPV6:
        yield from _ipv6_spellings(address)
    yield from (
        "[",
        "]",
        "[]",
        "[::1",
        "::1]",
        "http://[::1",
        "[127.0.0.1]",
        "[v1.x]",
        "[nubank.com.br]",
        "［::1］",
        "1:2:3",
    )
    for name in (*LOCAL_NAMES, *RESERVED):
        yield from (name, f"https://{name}/", f"http://{name}:8080/x")
    for name in (*BARE_SUFFIXES, *UNKNOWN_ENDINGS, *SINGLE_WORDS):
        yield from (name, f"https://{name}/")
    for scheme in SCHEMES:
        yield from (f"{scheme}://nubank.com.br", f"{scheme}://127.0.0.1/x")
    for character in UNSEEN:
        yield from (f"nu{character}bank.com.br", f"https://nubank.com.br/{character}x", f"{character}nubank.com.br")
    yield from (*OPAQUE, *USERINFO, *BROKEN_NAMES, *PATHS_ALONE, *BACKSLASHES, *BAD_PORTS, *SPACES, *BLANK, *TOO_LONG)


HOSTILE: tuple[str, ...] = tuple(dict.fromkeys(_all()))
