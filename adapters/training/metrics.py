"""Questions about a KPI in plain words, to the metric's name, its window and what it counts as the ads' doing."""

import json
import random

from adapters.prompts import metric_prompt
from adapters.training.example import Example, Skill, Split, share

# In each tuple the first wording and every fifth after it are the test's, and the next one the validation's.
METRIC_WORDS: dict[str, tuple[str, ...]] = {
    "roas": (
        "sales per ad dollar", "revenue back on each euro of media", "ROAS", "return on ad spend",
        "revenue per dollar of ad spend", "turnover earned per ad euro", "sales over spend", "return on our ad money",
        "revenue divided by ad cost", "ad sales for every dollar spent",
        "what a media dollar returns in sales", "sales earned for 1 euro of ads", "return on media spend",
        "sales-to-spend ratio", "what each ad euro brings in",
    ),
    "iroas": (
        "extra sales per ad dollar", "added revenue on each euro of media", "iROAS", "incremental return on ad spend",
        "incremental ROAS", "additional sales for every dollar spent", "uplift per euro of media",
        "extra turnover for each ad euro", "incremental revenue over spend", "lift in sales per dollar",
        "what a media dollar adds to sales", "extra sales earned for 1 euro of ads",
        "incremental return on media spend", "true added return per dollar", "what each ad euro adds",
    ),
    "acos": (
        "ad cost as a percentage of sales", "slice of turnover that ads eat up", "ACOS", "advertising cost of sales",
        "ad spend as a share of sales", "cost-to-sales ratio of the ads", "percent of revenue spent on ads",
        "spend divided by sales", "portion of sales we pay for ads", "cost of sales ratio",
        "how much of a sales dollar goes to ads", "ads as a percent of revenue", "media cost over turnover",
        "share of sales spent on ads", "advertising-to-sales ratio",
    ),
    "ctr": (
        "clicks per hundred ad views", "portion of ad views that got a click", "CTR", "click-through rate",
        "share of impressions clicked", "clicks over impressions", "rate of clicking", "percent of views clicked",
        "click rate of the banners", "how often a shown ad is clicked",
        "clicks from 100 impressions", "likelihood that a view is clicked", "click rate", "clicks per view",
        "share of ads clicked",
    ),
    "conversion_rate": (
        "orders per hundred clicks", "portion of clicks that end in a purchase", "conversion rate",
        "share of clicks that buy", "orders over clicks", "purchase rate of visitors", "click-to-order rate", "CVR",
        "percent of clickers who buy", "how often a click becomes an order",
        "buyers out of 100 clicks", "likelihood that a click buys", "purchases per click", "order rate",
        "share of clicks with an order",
    ),
    "cpc": (
        "price of one click", "spend for each click we bought", "CPC", "cost per click", "average click price",
        "spend over clicks", "what a click costs us", "what we pay per click", "ad cost for each click",
        "mean cost of a click",
        "how much one click takes from the budget", "cost of a single click", "money per click", "price per click",
        "spend per click",
    ),
    "cpm": (
        "price of a thousand views", "spend for every 1,000 ads shown", "CPM", "cost per thousand impressions",
        "cost per mille", "what 1,000 impressions cost", "what we pay per thousand views", "thousand-impression price",
        "ad cost per 1,000 views", "rate for a thousand contacts",
        "how much 1,000 views take from the budget", "cost of one thousand impressions", "price per mille",
        "money per thousand impressions", "spend per 1,000 views",
    ),
    "new_to_brand_share": (
        "percentage of buyers who are new to us", "portion of orders from first-time customers", "new-to-brand share",
        "share of new customers", "NTB share", "percent of shoppers who never bought us before",
        "share of first-time buyers", "part of sales from new households", "new buyers among all buyers",
        "share of orders new to the brand",
        "how many buyers in a hundred are new", "customers won as a part of all buyers", "new-customer percentage",
        "rate of first purchases of the brand", "share of buyers new to us",
    ),
    "share_of_voice": (
        "our percentage of all ads shown", "portion of ad slots we hold against rivals", "share of voice", "SOV",
        "our share of ad space", "our part of all impressions in the category", "share of the shelf's ad slots",
        "our slice of the category's ads", "ad presence versus competitors", "share of impressions against rivals",
        "how much of the ad space is ours", "our weight among all advertisers", "SOV percentage",
        "our share of ads shown", "our part of the ad slots",
    ),
    "incremental_revenue": (
        "extra sales in total", "revenue on top of what we would have had", "incremental revenue",
        "incremental sales in dollars", "additional turnover", "sales lift in euros", "added sales",
        "revenue uplift", "total extra revenue", "sum of additional sales",
        "how much more we sold", "sales won on top", "incremental turnover", "extra revenue in euros",
        "total sales lift",
    ),
}  # fmt: skip
WINDOW_WORDS: dict[str, tuple[str, ...]] = {
    "1d": (
        "in the first 24 hours", "up to one day later", "on the same day", "within a day", "same day",
        "in a 1-day window",
        "inside one day", "within 24 hours", "over one day", "at 1d",
        "before the day is over", "counted for one day", "after one day", "on day one", "up to 24 hours later",
    ),
    "7d": (
        "in the first seven days", "up to one week later", "within a week", "over 7 days", "in a 7-day window",
        "in the week after the ad", "inside one week", "within seven days", "for a week afterwards", "at 7d",
        "before the week is over", "counted for seven days", "after seven days", "over one week",
        "up to 7 days later",
    ),
    "14d": (
        "in the first 14 days", "up to two weeks later", "within two weeks", "over 14 days", "in a 14-day window",
        "in the two weeks after the ad", "inside a fortnight", "within fourteen days", "for a fortnight", "at 14d",
        "before the second week is over", "counted for fourteen days", "after two weeks", "over two weeks",
        "up to 14 days later",
    ),
    "30d": (
        "in the first thirty days", "up to one month later", "within a month", "over 30 days", "in a 30-day window",
        "over the month", "inside a month", "within thirty days", "for a month afterwards", "at 30d",
        "before the month is over", "counted for thirty days", "after one month", "over one month",
        "up to 30 days later",
    ),
}  # fmt: skip
BASIS_WORDS: dict[str, tuple[str, ...]] = {
    "attributed": (
        "as the dashboard credits it", "going by the network's own credit", "credited by the platform",
        "attributed to the ads", "as attributed", "by last-touch attribution", "under the platform's attribution",
        "counting what the retailer credits to ads", "with attributed orders", "as the network reports it",
        "with the credit the retailer gives", "in the platform's own books", "platform-attributed",
        "on attributed sales", "credited to our ads",
    ),
    "incremental": (
        "measured against shoppers without ads", "going by the holdout test", "caused by the ads",
        "over a control group", "compared with a holdout", "that would not have come without ads",
        "from the experiment", "against unexposed stores", "by causal lift", "beyond the baseline",
        "with a group that saw no ads as the yardstick", "in the geo experiment", "incrementally",
        "above the control group", "proven by a test",
    ),
    "exposure": (
        "among people the ad was shown to", "going by views and not clicks", "seen rather than clicked",
        "on ad exposure", "counting everyone who saw the ad", "view-through", "after a view without a click",
        "for viewers of the ad", "based on views alone", "on impressions served",
        "with a view as the only contact", "in the group that saw the ad", "view-based", "for shoppers who saw it",
        "after seeing the ad",
    ),
}  # fmt: skip
# A return or revenue that the ads caused is another metric than one they are credited with, and prices and
# shares of ad space have no control group.
BASES_OF: dict[str, tuple[str, ...]] = {
    "roas": ("attributed", "exposure"),
    "iroas": ("incremental",),
    "acos": ("attributed", "exposure"),
    "ctr": ("attributed", "exposure"),
    "conversion_rate": ("attributed", "incremental", "exposure"),
    "cpc": ("attributed", "exposure"),
    "cpm": ("attributed", "exposure"),
    "new_to_brand_share": ("attributed", "incremental", "exposure"),
    "share_of_voice": ("attributed", "exposure"),
    "incremental_revenue": ("incremental",),
}
FRAMES = (
    "Tell me: {metric}, {basis}, {window}", "{basis}, {window}: {metric}?", "What was {metric}, {basis}, {window}?",
    "{metric} {window}, {basis}", "{window}, {basis}, what was {metric}?", "{window}: show {metric}, {basis}",
    "{basis}: {metric}, {window}", "I need {metric} {window}, {basis}.", "{metric}, {basis}, {window}, please",
    "{window}: {metric}, {basis}?", "For the report, {basis}, {metric} {window}", "{metric}, {window} and {basis}?",
    "Report {metric} {basis}, {window}.", "{window} and {basis}: {metric}", "Can I see {metric}, {basis}, {window}?",
    "Please get {metric} {window}, {basis}", "{window}, {metric}, {basis}", "{basis}, what was {metric} {window}?",
    "Give me {metric}, {window}, {basis}.", "How high is {metric} {basis}, {window}?",
)  # fmt: skip
SUBJECTS = ("", "", "", " for coffee", " for snacks", " for the spring launch", " of our search ads", " by retailer")


def metric_example(draw: random.Random, split: Split) -> Example:
    """Held out: the wordings of metric, window and basis, and the frame around them."""
    metric, window = draw.choice(list(METRIC_WORDS)), draw.choice(list(WINDOW_WORDS))
    basis = draw.choice(BASES_OF[metric])
    phrasing = draw.choice(share(METRIC_WORDS[metric], split))
    question = draw.choice(share(FRAMES, split)).format(
        metric=phrasing + draw.choice(SUBJECTS),
        window=draw.choice(share(WINDOW_WORDS[window], split)),
        basis=draw.choice(share(BASIS_WORDS[basis], split)),
    )
    answer = json.dumps({"metric": metric, "window": window, "basis": basis})
    return Example(Skill.METRIC, metric_prompt(question[0].upper() + question[1:]), answer, family=phrasing)
