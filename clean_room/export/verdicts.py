"""What each target keeps of our promises, by the pages and the service model named; nothing was run live."""

from clean_room.export.promises import Kept, Promise, TargetReport, Verdict

SERVICE_MODEL = "botocore 1.44.8, service model cleanrooms 2022-02-17"
AWS_AGGREGATION = "docs.aws.amazon.com/clean-rooms/latest/userguide/analysis-rules-aggregation.html"
AWS_NOISE = "docs.aws.amazon.com/clean-rooms/latest/userguide/dp-limitations.html"
SNOWFLAKE_AGGREGATION = "docs.snowflake.com/user-guide/aggregation-policies"
SNOWFLAKE_CREATE = "docs.snowflake.com/sql-reference/sql/create-aggregation-policy"
SNOWFLAKE_PROJECTION = "docs.snowflake.com/user-guide/projection-policies"
BIGQUERY_RULES = "cloud.google.com/bigquery/docs/analysis-rules"
BIGQUERY_OPTION = "cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language#privacy_policy"
NOT_READ = "no page read"

AWS = TargetReport(
    "aws",
    {
        Promise.FIELDS: Verdict(Kept.KEPT, "columns outside allowedColumns are not in the table", SERVICE_MODEL),
        Promise.SUMS: Verdict(Kept.KEPT, "aggregation rule: SUM only; custom rule: any aggregate", SERVICE_MODEL),
        Promise.PEOPLE: Verdict(Kept.KEPT, "COUNT_DISTINCT of customer_id, 2 to 100000", SERVICE_MODEL),
        Promise.ROWS: Verdict(
            Kept.KEPT, "aggregation rule: COUNT_DISTINCT of event_id; the custom rule has one threshold", SERVICE_MODEL
        ),
        Promise.DOMINANCE: Verdict(Kept.LOST, "no field for it", SERVICE_MODEL),
        Promise.REMAINDER: Verdict(Kept.LOST, "rows below the minimum are removed, no more", AWS_AGGREGATION),
        Promise.DIFFERENCES: Verdict(Kept.LOST, "each query is judged on its own", AWS_AGGREGATION),
        Promise.CLOSED: Verdict(Kept.LOST, "answers follow the table as it is", AWS_AGGREGATION),
        Promise.GRAINS: Verdict(Kept.WEAKER, "date is told by day; week and month would be columns", SERVICE_MODEL),
        Promise.FILTERS: Verdict(
            Kept.WEAKER, "every dimension may be filtered by any value; custom rule: listed columns only", SERVICE_MODEL
        ),
        Promise.REFUSALS: Verdict(Kept.UNVERIFIED, "the texts of its errors were not looked up", NOT_READ),
        Promise.EMPTY: Verdict(Kept.KEPT, "a row below the minimum is not returned", AWS_AGGREGATION),
        Promise.LATENCY: Verdict(Kept.LOST, "timing is named as out of scope", AWS_NOISE),
        Promise.AUDIT: Verdict(Kept.UNVERIFIED, "its logs were not looked up", NOT_READ),
    },
    adds=(
        "joins with the other party's table, AVG, COUNT and COUNT DISTINCT where a rule lists them",
        "noise per query with a monthly or single budget; not together with a threshold",
        "budgets on the number of accesses per day, week, month or lifetime",
    ),
    unverified=("whether the live service accepts an empty joinColumns and scalarFunctions",),
)

SNOWFLAKE = TargetReport(
    "snowflake",
    {
        Promise.FIELDS: Verdict(Kept.KEPT, "the view holds listed columns only", SNOWFLAKE_PROJECTION),
        Promise.SUMS: Verdict(Kept.WEAKER, "any of its allowed aggregate functions", SNOWFLAKE_AGGREGATION),
        Promise.PEOPLE: Verdict(Kept.KEPT, "MIN_ENTITY_COUNT over ENTITY KEY customer_id", SNOWFLAKE_CREATE),
        Promise.ROWS: Verdict(Kept.KEPT, "MIN_ROW_COUNT beside it", SNOWFLAKE_CREATE),
        Promise.DOMINANCE: Verdict(Kept.LOST, "no argument for it", SNOWFLAKE_CREATE),
        Promise.REMAINDER: Verdict(
            Kept.WEAKER, "small groups form one remainder group, NULL where that is too small", SNOWFLAKE_AGGREGATION
        ),
        Promise.DIFFERENCES: Verdict(
            Kept.LOST, "its page says deliberate queries can work around the minimum", SNOWFLAKE_AGGREGATION
        ),
        Promise.CLOSED: Verdict(Kept.LOST, "answers follow the table as it is", SNOWFLAKE_AGGREGATION),
        Promise.GRAINS: Verdict(Kept.LOST, "any expression over date may be grouped by", SNOWFLAKE_AGGREGATION),
        Promise.FILTERS: Verdict(
            Kept.LOST, "any column may be filtered by, customer_id too, though never shown", SNOWFLAKE_PROJECTION
        ),
        Promise.REFUSALS: Verdict(Kept.UNVERIFIED, "the texts of its errors were not looked up", NOT_READ),
        Promise.EMPTY: Verdict(
            Kept.WEAKER, "a row of NULL keys tells that something was too small", SNOWFLAKE_AGGREGATION
        ),
        Promise.LATENCY: Verdict(Kept.LOST, "no setting for it found", SNOWFLAKE_AGGREGATION),
        Promise.AUDIT: Verdict(Kept.UNVERIFIED, "its access history was not looked up", NOT_READ),
    },
    adds=(
        "free SQL: joins, expressions, other aggregates",
        "noise per aggregate with a budget per consumer account that refills by window, and intervals per number",
        "other rules for other roles",
    ),
    unverified=(
        "whether an aggregation and a privacy policy may guard one view together",
        "assigning a privacy policy to a view: the tutorial shows a table",
    ),
)

BIGQUERY = TargetReport(
    "bigquery",
    {
        Promise.FIELDS: Verdict(Kept.KEPT, "the view holds listed columns only", BIGQUERY_RULES),
        Promise.SUMS: Verdict(Kept.WEAKER, "any aggregate the threshold clause supports", BIGQUERY_RULES),
        Promise.PEOPLE: Verdict(Kept.KEPT, "threshold over the privacy unit customer_id", BIGQUERY_OPTION),
        Promise.ROWS: Verdict(Kept.LOST, "one privacy unit column, one threshold", BIGQUERY_OPTION),
        Promise.DOMINANCE: Verdict(Kept.LOST, "no field for it", BIGQUERY_OPTION),
        Promise.REMAINDER: Verdict(Kept.LOST, "rows below the threshold are omitted, no more", BIGQUERY_OPTION),
        Promise.DIFFERENCES: Verdict(Kept.LOST, "each query is judged on its own", BIGQUERY_RULES),
        Promise.CLOSED: Verdict(Kept.LOST, "answers follow the table as it is", BIGQUERY_OPTION),
        Promise.GRAINS: Verdict(Kept.LOST, "any expression over date may be grouped by", BIGQUERY_RULES),
        Promise.FILTERS: Verdict(Kept.UNVERIFIED, "no restriction of filters found", BIGQUERY_RULES),
        Promise.REFUSALS: Verdict(Kept.UNVERIFIED, "an unmet rule is an error, its text was not looked up", NOT_READ),
        Promise.EMPTY: Verdict(Kept.KEPT, "a row below the threshold is omitted", BIGQUERY_OPTION),
        Promise.LATENCY: Verdict(Kept.LOST, "no setting for it found", BIGQUERY_RULES),
        Promise.AUDIT: Verdict(Kept.UNVERIFIED, "its job history was not looked up", NOT_READ),
    },
    adds=(
        "a join restriction, here JOIN_BLOCKED, as the policy has no joins",
        "noise per query with an epsilon and a delta budget that never refill; not together with a threshold",
        "no time travel on a view with a policy",
    ),
    unverified=("the name of the unit: the option's page has privacy_unit_columns, the guide privacy_unit_column",),
)
