# Debian's Redis, in place of the official image that the overlay `dev` names. podman gives a new volume the owner of the
# folder that it covers, where Kubernetes has fsGroup.
ARG BASE
FROM ${BASE}
RUN apt-get -qq update && \
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends redis-server && \
    rm -r /etc/redis && \
    install -d -o 10001 /data
