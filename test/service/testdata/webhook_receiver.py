"""Receives webhooks, verifies each by the standardwebhooks package, and prints what it received.

The first one is answered with 500, so that it comes again."""
import http.server, json, sys
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(sys.argv[1])


class Receiver(http.server.BaseHTTPRequestHandler):
    seen = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        data = webhook.verify(body, dict(self.headers.items()))
        try:
            webhook.verify(body.replace(b"batch", b"botch"), dict(self.headers.items()))
            data = {"type": "a changed body passes"}
        except WebhookVerificationError:
            pass
        Receiver.seen += 1
        print(json.dumps({"id": self.headers["webhook-id"], "type": data["type"], "job": data["data"]["id"], "failed": data["data"]["requests_failed"]}), flush=True)
        self.send_response(500 if Receiver.seen == 1 else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
server.serve_forever()
