# One image for web, worker, beat and manage.py; docker-compose.yml says which is which.

FROM node:22-bookworm-slim AS libraries
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin crm
WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY . .
COPY --from=libraries /app/node_modules node_modules
# Nothing is asked of these servers and keys here: they only have to be named.
RUN DATABASE_URL=postgresql://crm_app@nowhere/crm REDIS_URL=redis://nowhere CRM_SECRET_KEY=none \
    CRM_MASTER_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    sh -c "python manage.py compilemessages --verbosity 0 && python manage.py collectstatic --no-input --verbosity 0" \
    && rm -rf node_modules
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "--config", "python:courier_crm.serving", "--bind", "0.0.0.0:8000"]
