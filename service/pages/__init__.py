"""One frozen object for each page: the JSON of the API and the HTML of the web pages come from the same.

    parts       CaptureView, WitnessView, VersionView, MatchView, RelatedView
    document    DocumentPage, VersionPage, CapturePage, DocumentsPage
    lookup      LookupPage
    home        Home, ChangesPage, SitesPage, HealthPage
    jobs        JobPage, JobsPage, SchedulesPage

They are imported from their modules, so that a command that shows a document loads no job queue.
"""
