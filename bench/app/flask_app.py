"""The service as people commonly write it: Flask, behind uwsgi and nginx. Measured by run.py."""
import random
import string

from flask import Flask, jsonify

app = Flask(__name__)
app.json.sort_keys = False  # numbers in order, not "10" before "2"


@app.route("/api")
def api():
    return jsonify({str(i): random.choice(string.ascii_letters) for i in range(52)})
