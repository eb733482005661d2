"""An OAuth 2.0 server of PyPI's Authlib on loopback: PORT REDIRECT_URI CLIENT_ID CLIENT_SECRET."""
import os
import sys
import time

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector, current_token
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Flask, jsonify, redirect, request, session

port, redirect_uri, client_id, client_secret = sys.argv[1:5]
PEOPLE = {"zhangsan": {"userId": "zhangsan", "username": "zhangsan", "name": "张三", "phone": "13800000001", "deptId": "D10", "deptName": "采购部"}}


class Client:
    def get_client_id(self):
        return client_id

    def get_default_redirect_uri(self):
        return redirect_uri

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, given):
        return given == redirect_uri

    def check_client_secret(self, given):
        return given == client_secret

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type in ("authorization_code", "refresh_token")


class Code(dict):
    def get_redirect_uri(self):
        return self["redirect_uri"]

    def get_scope(self):
        return self["scope"]


class Token(dict):
    def get_scope(self):
        return self["scope"]

    def check_client(self, client):
        return True

    def get_expires_in(self):
        return self["expires_in"]

    def is_expired(self):
        return time.time() > self["at"] + self["expires_in"]

    def is_revoked(self):
        return self["revoked"]

    def get_user(self):
        return self["user"]

    def get_client(self):
        return Client()


CODES, TOKENS = {}, []


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

    def save_authorization_code(self, code, request):
        CODES[code] = Code(redirect_uri=request.payload.redirect_uri, scope=request.payload.scope, user=request.user,
                           code_challenge=request.payload.data.get("code_challenge"),
                           code_challenge_method=request.payload.data.get("code_challenge_method"))
        CODES[code].code_challenge = CODES[code]["code_challenge"]
        CODES[code].code_challenge_method = CODES[code]["code_challenge_method"]

    def query_authorization_code(self, code, client):
        return CODES.get(code)

    def delete_authorization_code(self, code):
        for key in [key for key, known in CODES.items() if known is code]:
            del CODES[key]

    def authenticate_user(self, code):
        return code["user"]


class Refresh(grants.RefreshTokenGrant):
    INCLUDE_NEW_REFRESH_TOKEN = True
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

    def authenticate_refresh_token(self, given):
        return next((token for token in TOKENS if token.get("refresh_token") == given and not token["revoked"]), None)

    def authenticate_user(self, token):
        return token["user"]

    def revoke_old_credential(self, token):
        token["revoked"] = True


def save_token(token, request):
    TOKENS.append(Token(token, user=request.user, at=time.time(), revoked=False))


class Validator(BearerTokenValidator):
    def authenticate_token(self, given):
        return next((token for token in TOKENS if token["access_token"] == given), None)


app = Flask(__name__)
app.secret_key = "for tests alone"
app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
server = AuthorizationServer(app, query_client=lambda given: Client() if given == client_id else None, save_token=save_token)
server.register_grant(CodeGrant, [CodeChallenge(required=True)])
server.register_grant(Refresh)
protected = ResourceProtector()
protected.register_token_validator(Validator())


@app.route("/oauth/authorize", methods=["GET", "POST"])
def authorize():
    if request.method == "POST" and "login" in request.form:
        session["user"] = request.form["login"]
        return redirect(request.full_path, 303)
    user = session.get("user")
    if user not in PEOPLE:
        return '<form method="post"><input name="login"><button>sign in</button></form>'
    grant = server.get_consent_grant(end_user=user)
    if request.method == "GET":
        return '<form method="post"><input type="hidden" name="agree" value="1"><button>agree</button></form>'
    return server.create_authorization_response(request, grant_user=user, grant=grant)


@app.post("/oauth/token")
def token():
    return server.create_token_response()


@app.route("/oauth/userinfo", methods=["GET", "POST"])
@protected()
def userinfo():
    return jsonify(PEOPLE[current_token["user"]])


if __name__ == "__main__":
    print("ready", flush=True)
    app.run("127.0.0.1", int(port))
