"""Goes and gets: the only package that knows Scrapy."""
