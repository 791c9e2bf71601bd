# The simulator in a container, with its event model compiled:
#   docker build -t fire-response-sim .
#   docker run --rm -v "$PWD/results:/runs/results" fire-response-sim scenario=2025
#   docker run --rm --network host fire-response-sim app port=8123      (its page is for this machine alone: Linux)
FROM python:3.11-slim
# The C compiler is for the event model; libraries that are compiled come as wheels.
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/fire-response-sim
COPY . .
RUN pip install --no-cache-dir -c constraints.txt ".[report,excel,sensitivity]"
# Not as root: what is written into a mounted folder belongs to the first user of most machines.
RUN useradd --create-home --uid 1000 planner && mkdir /runs && chown planner /runs
USER planner
WORKDIR /runs
ENTRYPOINT ["python", "-m", "sim"]
CMD ["--help"]
