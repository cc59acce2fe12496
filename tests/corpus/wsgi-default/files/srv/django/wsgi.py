def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"hello from {environ['PATH_INFO']} by {environ['wsgi.url_scheme']}\n".encode()]
