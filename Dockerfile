# One image for web, worker and beat; docker-compose.yml says which runs.
FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.lock ./
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY . .
# Neither needs a database; the secrets are thrown away with this step's folder.
RUN BRAZE_PARTNERS_VAR=/tmp/build STATIC_ROOT=/app/collected /venv/bin/python manage.py collectstatic --noinput \
    && /venv/bin/python -m braze_partners.supervisor.translating \
    && rm -rf /tmp/build

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=braze_partners.settings \
    BRAZE_PARTNERS_ENV=production \
    BRAZE_PARTNERS_VAR=/var/lib/braze-partners \
    STATIC_ROOT=/app/collected \
    WEB_BIND=0.0.0.0:8000
WORKDIR /app
RUN useradd --system --uid 10001 --home-dir /var/lib/braze-partners --create-home braze
COPY --from=build /venv /venv
COPY --from=build --chown=root:root /app /app
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["gunicorn", "braze_partners.wsgi:application", "--config", "python:braze_partners.gunicorn_conf"]
