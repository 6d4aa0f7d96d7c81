"""The pages that people read: routes, templates and words over the page objects of `service.pages`."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from service.api.problems import Problem
from service.config import Config
from service.web import forms, plans, reading
from service.web.render import Pages

__all__ = ["mount"]


def mount(app: FastAPI, config: Config) -> None:
    """Let the application answer with pages at `/`, and show its errors to people."""
    pages = Pages(config)

    def problem_page(request: Request, problem: Problem) -> Response:
        return pages.page(request, "error.html", status=problem.status, problem=problem)

    app.state.pages = pages
    app.state.problem_page = problem_page
    app.include_router(reading.open_to_all, include_in_schema=False)
    app.include_router(reading.router, include_in_schema=False)
    app.include_router(plans.router, include_in_schema=False)
    app.include_router(forms.router, include_in_schema=False)
