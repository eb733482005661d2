"""A browser without a screen that signs in at the sandbox's Odoo."""

import http.client
import urllib.parse

CALLBACK = "/aflow/api/oauth2/callback"


class Browser:
    """Keeps cookies by host and port, follows redirects one by one."""

    def __init__(self):
        self.jars = {}

    def ask(self, method, url, form=None):
        parts = urllib.parse.urlsplit(url)
        jar = self.jars.setdefault(parts.netloc, {})
        headers = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
        if jar:
            headers["Cookie"] = self.cookies(url)
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(parts.netloc, timeout=20)
        connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
        answer.read()
        for line in answer.headers.get_all("set-cookie") or []:
            name, value = line.split(";")[0].split("=", 1)
            jar[name] = value
        connection.close()
        location = answer.headers.get("location")
        return urllib.parse.urljoin(url, location) if location else None

    def cookies(self, url):
        jar = self.jars.get(urllib.parse.urlsplit(url).netloc, {})
        return "; ".join(f"{name}={value}" for name, value in jar.items())

    def come_back(self, tenon, login="zhangsan"):
        """Signs in at Odoo and agrees; the address that Odoo sends the browser back to."""
        asked = self.ask("GET", tenon + "/aflow/login")
        page = self.ask("GET", asked)
        if page and "redirect=" in page:
            wanted = urllib.parse.unquote(page.split("redirect=", 1)[1])
            odoo = urllib.parse.urljoin(asked, "/odoo/web/login")
            asked = self.ask("POST", odoo, {"login": login, "password": login, "redirect": wanted})
            self.ask("GET", asked)
        proof = self.jars[urllib.parse.urlsplit(asked).netloc]["session_id"]
        back = self.ask("POST", asked, {"proof": proof, "answer": "allow"})
        assert back and urllib.parse.urlsplit(back).path == CALLBACK, f"Odoo sent the browser to {back}"
        return back

    def sign_in(self, tenon, login="zhangsan"):
        """The whole way; the session's token and the refresh token."""
        back = self.come_back(tenon, login)
        assert self.ask("GET", back), "nobody was signed in"
        jar = self.jars[urllib.parse.urlsplit(tenon).netloc]
        return jar["__Host-aflow"], jar["__Host-aflow-refresh"]
