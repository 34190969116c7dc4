"""A mail server of Debian (aiosmtpd) on a loopback port. Arguments: one JSON object {tls, cert, key, username, password, refused}; tls is "tls",
"starttls" or "plain". Writes its port, then each mail that it took, as a line of JSON each."""
import base64, json, logging, ssl, sys, time, warnings
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, SMTP

logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)  # clients that leave are part of the tests
warnings.simplefilter("ignore")
wish = json.loads(sys.argv[1])


def say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


class Keep:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in wish["refused"]:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        login = session.auth_data.decode() if session.auth_data else None
        content = base64.b64encode(envelope.content).decode()
        say({"tls": session.ssl is not None or wish["tls"] == "tls", "login": login,
             "from": envelope.mail_from, "to": envelope.rcpt_tos, "content": content})
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = data.login.decode() == wish["username"] and data.password.decode() == wish["password"]
    return AuthResult(success=good, handled=False, auth_data=data.login if good else None)


context = None
if wish["tls"] != "plain":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(wish["cert"], wish["key"])


class Server(Controller):
    def factory(self):
        starttls = wish["tls"] == "starttls"
        auth = {"authenticator": authenticate, "auth_required": True} if wish["username"] else {}
        return SMTP(Keep(), tls_context=context if starttls else None, require_starttls=starttls,
                    auth_require_tls=starttls, enable_SMTPUTF8=True, **auth)


server = Server(Keep(), hostname="127.0.0.1", port=wish["port"],
                ssl_context=context if wish["tls"] == "tls" else None)
server.start()
say({"port": server.server.sockets[0].getsockname()[1]})
while True:
    time.sleep(3600)
