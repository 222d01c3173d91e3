# The server as an image. Build: docker build -t ccrs .
# Where the registry serves torch with CUDA, name one with CPU builds: --build-arg TORCH_INDEX=URL
FROM python:3.11-slim AS build
ARG TORCH_INDEX=""
ARG EXTRAS="postgres,big"
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
RUN python -m venv /opt/ccrs
COPY constraints.txt ./
RUN /opt/ccrs/bin/python -m pip install -q -c constraints.txt ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN /opt/ccrs/bin/python -m pip install -q -c constraints.txt ".[${EXTRAS}]"

FROM python:3.11-slim
RUN groupadd --system --gid 10001 ccrs \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /tmp ccrs \
    && install --directory --owner 10001 --group 10001 --mode 0700 /data
COPY --from=build /opt/ccrs /opt/ccrs
# Nothing is written but the store in /data and what is short-lived in /tmp, so the root may be mounted read-only.
ENV PATH="/opt/ccrs/bin:$PATH" \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CCRS_STORE=sqlite:////data/people.db
VOLUME /data
EXPOSE 8000
USER 10001:10001
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:%s/healthz' % os.environ.get('CCRS_PORT', '8000'), timeout=4)"]
ENTRYPOINT ["ccrs"]
CMD ["serve", "/run-folder", "--host", "0.0.0.0"]
