# The base is named by its exact tag. To have every build the same to the bit, add the digest that
# `docker buildx imagetools inspect python:3.12.12-slim-bookworm` names: FROM python:3.12.12-slim-bookworm@sha256:...
FROM python:3.12.12-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src

# Everything in the lock is fetched and its hash checked; what follows installs from these files and no others,
# so that the image gets the locked versions of what mailcase needs to run, without the tools for its tests.
COPY requirements.lock ./
RUN pip download --require-hashes --no-deps --only-binary :all: --dest /wheels --requirement requirements.lock

COPY pyproject.toml README.md LICENSE config.example.toml ./
COPY src ./src
COPY templates ./templates
COPY migrations ./migrations
COPY examples ./examples
RUN pip wheel --no-index --find-links /wheels --no-deps --wheel-dir /dist . \
    && python -m venv --without-pip /opt/mailcase \
    && pip --python /opt/mailcase/bin/python install --no-index --find-links /wheels /dist/*.whl

FROM python:3.12.12-slim-bookworm
RUN groupadd --gid 10001 mailcase \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin mailcase \
    && install --directory --owner 10001 --group 10001 --mode 0700 /data
COPY --from=build /opt/mailcase /opt/mailcase
ENV PATH="/opt/mailcase/bin:$PATH" PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

# The one place that is written to: config.toml, the key, a SQLite database. The root may be read-only.
WORKDIR /data
VOLUME /data
USER 10001:10001

# The SMTP listener, where the config has one.
EXPOSE 2525
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client, sys; c = http.client.HTTPConnection('127.0.0.1', 8025, timeout=4); c.request('GET', '/livez'); sys.exit(c.getresponse().status != 200)"]

ENTRYPOINT ["mailcase"]
CMD ["run"]
