from django.http import HttpRequest, HttpResponse
from django.urls import path

from benchmarks.twin.views import UsersView


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [
    path("healthz", healthz),
    path("plain/<str:partner>/cohorts/users", UsersView.as_view()),
]
