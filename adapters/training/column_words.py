"""What columns are called and what words stand in them, language by language."""

ENGLISH = "en"
UNSEEN_LANGUAGE = "nl"
"""Spoken by no retailer but the test's: one that is wholly unseen."""
LANGUAGES = (ENGLISH, "de", "fr", "es", "it")

# In each English tuple the first wording and every fifth after it are the test's, and the next one the validation's.
FIELD_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "date": {
        "en": ("activity date", "reporting day", "date", "day", "report date", "calendar day", "delivery date",
               "event date", "start date", "day of delivery"),
        "de": ("Datum", "Tag", "Berichtsdatum", "Kalendertag"),
        "fr": ("date", "jour", "date du rapport", "jour de diffusion"),
        "es": ("fecha", "día", "fecha del informe", "día de entrega"),
        "it": ("data", "giorno", "data del report", "giorno di consegna"),
        "nl": ("datum", "dag", "rapportdatum"),
    },
    "sku_id": {
        "en": ("promoted item number", "catalog item id", "sku", "product id", "item id", "sku id",
               "promoted product code", "asin", "advertised sku", "article number", "article id", "product code", "upc",
               "item code", "advertised product id"),
        "de": ("Artikelnummer", "Produkt ID", "Artikel Code", "beworbene SKU"),
        "fr": ("code produit", "référence article", "identifiant produit", "SKU annoncé"),
        "es": ("código de producto", "referencia del artículo", "id de producto", "SKU anunciado"),
        "it": ("codice prodotto", "codice articolo", "id prodotto", "SKU promosso"),
        "nl": ("artikelnummer", "productcode", "product id"),
    },
    "placement_type": {
        "en": ("ad slot type", "page placement", "placement", "placement type", "ad placement", "ad format",
               "placement name", "page type", "inventory type", "media placement", "slot", "ad position",
               "placement group", "ad type", "placement category"),
        "de": ("Platzierung", "Werbeplatz", "Platzierungsart", "Anzeigenformat"),
        "fr": ("emplacement", "type d'emplacement", "format publicitaire", "position de l'annonce"),
        "es": ("ubicación", "tipo de ubicación", "formato del anuncio", "posición del anuncio"),
        "it": ("posizionamento", "tipo di posizionamento", "formato annuncio", "posizione annuncio"),
        "nl": ("plaatsing", "advertentieformaat", "type plaatsing"),
    },
    "impressions": {
        "en": ("ad views", "ads served", "impressions", "imps", "num ads shown", "times shown", "impression count",
               "ad impressions", "total impressions", "views served"),
        "de": ("Impressionen", "Einblendungen", "Anzeigenaufrufe", "Sichtkontakte"),
        "fr": ("impressions", "affichages", "nombre d'affichages", "annonces affichées"),
        "es": ("impresiones", "anuncios mostrados", "visualizaciones", "número de impresiones"),
        "it": ("impression", "visualizzazioni", "annunci mostrati", "numero di impression"),
        "nl": ("vertoningen", "impressies", "aantal vertoningen"),
    },
    "clicks": {
        "en": ("clicks on ads", "click total", "clicks", "ad clicks", "click count", "link clicks", "clicks received",
               "total clicks", "num ads clicks", "clk"),
        "de": ("Klicks", "Anzeigenklicks", "Anzahl Klicks", "Klickzahl"),
        "fr": ("clics", "nombre de clics", "clics sur annonce", "total clics"),
        "es": ("clics", "número de clics", "clics en anuncios", "total de clics"),
        "it": ("clic", "numero di clic", "clic sugli annunci", "totale clic"),
        "nl": ("klikken", "aantal klikken", "kliks"),
    },
    "conversions": {
        "en": ("attributed purchases", "orders placed", "conversions", "orders", "purchases", "total orders",
               "conversion count", "order count", "attributed orders", "purchases 14 d"),
        "de": ("Bestellungen", "Käufe", "Konversionen", "Anzahl Bestellungen"),
        "fr": ("commandes", "achats", "nombre de commandes", "conversions attribuées"),
        "es": ("pedidos", "compras", "conversiones", "número de pedidos"),
        "it": ("ordini", "acquisti", "conversioni", "numero di ordini"),
        "nl": ("bestellingen", "aankopen", "conversies"),
    },
    "units": {
        "en": ("pieces sold", "item quantity", "units", "units sold", "quantity", "units ordered", "qty ordered",
               "items sold", "unit sales", "qty sold", "sold units", "attributed units", "quantity sold", "pieces",
               "units 14 d"),
        "de": ("Stück", "verkaufte Einheiten", "Absatzmenge", "Stückzahl"),
        "fr": ("unités", "unités vendues", "quantité vendue", "pièces vendues"),
        "es": ("unidades", "unidades vendidas", "cantidad vendida", "piezas vendidas"),
        "it": ("unità", "unità vendute", "quantità venduta", "pezzi venduti"),
        "nl": ("stuks", "verkochte eenheden", "aantal verkocht"),
    },
    "revenue": {
        "en": ("attributed turnover", "sales value", "sales", "revenue", "attributed sales", "total sales",
               "ad sales", "ad revenue", "sales amount", "sales 14 d", "order value", "gross sales", "turnover",
               "product sales", "total revenue"),
        "de": ("Umsatz", "Verkaufserlös", "Gesamtumsatz", "zugeordneter Umsatz"),
        "fr": ("chiffre d'affaires", "ventes", "montant des ventes", "ventes attribuées"),
        "es": ("ventas", "ingresos", "importe de ventas", "ventas atribuidas"),
        "it": ("ricavi", "fatturato", "vendite attribuite", "importo vendite"),
        "nl": ("omzet", "verkoopwaarde", "toegekende omzet"),
    },
    "cost": {
        "en": ("media spend", "ad expense", "spend", "cost", "ad spend", "total cost", "money spent", "media cost",
               "amount spent", "ad cost", "campaign spend", "total spend", "cost of ads", "advertising cost",
               "spend total"),
        "de": ("Kosten", "Werbekosten", "Ausgaben", "Werbeausgaben"),
        "fr": ("dépenses", "coût", "coût publicitaire", "montant dépensé"),
        "es": ("coste", "gasto", "inversión publicitaria", "importe gastado"),
        "it": ("costo", "spesa", "spesa pubblicitaria", "importo speso"),
        "nl": ("kosten", "uitgaven", "advertentiekosten"),
    },
    "currency": {
        "en": ("currency of account", "money code", "currency", "currency code", "ccy", "iso currency",
               "report currency", "billing currency", "budget currency", "campaign currency"),
        "de": ("Währung", "Währungscode", "Kontowährung", "Berichtswährung"),
        "fr": ("devise", "code devise", "monnaie", "devise du compte"),
        "es": ("moneda", "divisa", "código de moneda", "moneda de la cuenta"),
        "it": ("valuta", "codice valuta", "moneta", "valuta del conto"),
        "nl": ("valuta", "valutacode", "munteenheid"),
    },
}  # fmt: skip
STRANGER_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "rate": {
        "en": ("viewability", "purchase rate", "click through rate", "acos", "ctr", "conversion rate", "win rate",
               "viewable rate", "new to brand share", "buy box share", "share of voice", "bounce rate",
               "top of search share", "discount percent", "margin percent"),
        "de": ("Klickrate", "Anteil Neukunden", "Sichtbarkeitsrate", "Konversionsrate"),
        "fr": ("taux de clic", "part de voix", "taux de conversion", "part de nouveaux clients"),
        "es": ("tasa de clics", "cuota de voz", "tasa de conversión", "tasa de visibilidad"),
        "it": ("tasso di clic", "quota di voce", "tasso di conversione", "tasso di rimbalzo"),
        "nl": ("klikratio", "conversieratio", "aandeel nieuwe klanten"),
    },
    "ratio": {
        "en": ("return on spend", "mean position", "roas", "frequency", "average rank", "roi", "star rating",
               "quality score", "bid multiplier", "iroas"),
        "de": ("Frequenz", "Gebotsfaktor", "mittlere Position"),
        "fr": ("fréquence", "position moyenne", "note moyenne"),
        "es": ("frecuencia", "posición media", "puntuación"),
        "it": ("frequenza", "posizione media", "punteggio"),
        "nl": ("frequentie", "gemiddelde positie", "score"),
    },
    "price": {
        "en": ("cost per order", "max bid", "cost per click", "cpc", "cpm", "bid", "budget amount", "daily budget",
               "list price", "average order value", "unit price", "cost per mille", "shelf price", "budget left",
               "floor price"),
        "de": ("Klickpreis", "Tagesbudget", "Höchstgebot", "Stückpreis"),
        "fr": ("coût par clic", "budget quotidien", "enchère", "prix unitaire"),
        "es": ("coste por clic", "presupuesto diario", "puja", "precio unitario"),
        "it": ("costo per clic", "budget giornaliero", "offerta massima", "prezzo unitario"),
        "nl": ("kosten per klik", "dagbudget", "bod"),
    },
    "tally": {
        "en": ("carts filled", "page visits", "detail page views", "add to cart", "reach", "unique visitors",
               "video starts", "stock level", "store count", "shoppers reached", "units in stock", "wishlist adds",
               "active keywords", "days in flight", "review count"),
        "de": ("Reichweite", "Lagerbestand", "Warenkorb", "Seitenbesuche"),
        "fr": ("portée", "ajouts au panier", "stock disponible", "visiteurs uniques"),
        "es": ("alcance", "añadidos al carrito", "existencias", "visitantes únicos"),
        "it": ("copertura", "aggiunte al carrello", "scorte", "visitatori unici"),
        "nl": ("bereik", "winkelmandjes", "voorraad"),
    },
    "number": {
        "en": ("advertiser number", "order id", "campaign id", "ad group id", "line item id", "account id",
               "store id", "customer id", "creative id", "ad id", "portfolio id", "keyword id", "entity id",
               "profile id", "seller id"),
        "de": ("Kampagnen ID", "Konto ID", "Filialnummer", "Anzeigengruppen ID"),
        "fr": ("id campagne", "numéro de compte", "id du magasin", "id annonceur"),
        "es": ("id de campaña", "número de cuenta", "id de tienda", "id de anunciante"),
        "it": ("id campagna", "numero di conto", "id negozio", "id inserzionista"),
        "nl": ("campagne id", "accountnummer", "winkel id"),
    },
    "name": {
        "en": ("portfolio", "audience", "campaign name", "ad group name", "campaign", "brand name", "search term",
               "targeting", "keyword", "store name", "line item name", "product name", "creative text", "region",
               "advertiser name"),
        "de": ("Kampagne", "Anzeigengruppe", "Suchbegriff", "Markenname"),
        "fr": ("campagne", "groupe d'annonces", "mot clé", "marque"),
        "es": ("campaña", "grupo de anuncios", "palabra clave", "marca"),
        "it": ("campagna", "gruppo di annunci", "parola chiave", "marchio"),
        "nl": ("campagne", "advertentiegroep", "zoekwoord"),
    },
    "state": {
        "en": ("delivery status", "approval", "status", "campaign status", "match type", "state", "bidding strategy",
               "serving state", "promo flag", "is active"),
        "de": ("Kampagnenstatus", "Zustand", "Freigabe", "Übereinstimmungstyp"),
        "fr": ("statut", "état de la campagne", "type de correspondance"),
        "es": ("estado", "estado de la campaña", "tipo de concordancia"),
        "it": ("stato", "stato della campagna", "tipo di corrispondenza"),
        "nl": ("campagnestatus", "toestand", "goedkeuring"),
    },
}  # fmt: skip
COLUMN_WORDS = FIELD_WORDS | STRANGER_WORDS
COUNTED = ("impressions", "clicks", "conversions", "units", "tally")
PRICED = ("revenue", "cost", "price")

UNIT_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "thousand": {
        "en": ("thousands", "in thousands", "k"), "de": ("Tsd", "in Tausend"), "fr": ("en milliers", "milliers"),
        "es": ("en miles", "miles"), "it": ("in migliaia", "migliaia"), "nl": ("in duizenden", "duizend"),
    },
    "cent": {
        "en": ("cents", "in cents", "ct"), "de": ("Cent", "in Cent"), "fr": ("centimes", "en centimes"),
        "es": ("céntimos", "en céntimos"), "it": ("centesimi", "in centesimi"), "nl": ("cent", "in centen"),
    },
    "micro": {
        "en": ("micros", "in micros", "micro"), "de": ("Mikro", "in Mikros"), "fr": ("micros", "en micros"),
        "es": ("micros", "en micros"), "it": ("micro", "in micro"), "nl": ("micro", "in micros"),
    },
}  # fmt: skip

# Held out too, group by group: a status or a placement has so few values that whole columns would repeat.
CELL_WORDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "placement_type": (
        ("Search In-grid", "Buy Box", "Carousel", "Item Page", "Browse Page"),
        ("banner", "in-feed", "keyword ad", "shelf", "checkout"),
        ("search", "display", "native", "browse", "home"),
        ("Top of Search", "Product Page", "Rest of Search", "Home Page", "Other"),
        ("SP", "SB", "SD", "SBV", "STV"),
    ),
    "name": (
        ("North", "South", "Store 12", "Store 40", "City", "West"),
        ("Kestro", "Luvia", "Padrino", "Saltby", "Veroni"),
        ("Spring", "Brand core", "Generic", "Always on", "Relaunch", "Test B"),
        ("cold brew", "oat granola", "sea salt chips", "iced tea", "trail mix"),
        ("Morvel", "Tinsley", "Orbano", "Fennick", "Wexmoor"),
    ),
    "state": (
        ("running", "stopped", "completed", "scheduled", "out of budget"),
        ("approved", "pending", "rejected", "live", "in review"),
        ("enabled", "paused", "archived", "draft", "ended"),
        ("exact", "phrase", "broad", "auto", "category"),
        ("ACTIVE", "INACTIVE", "DELETED", "INCOMPLETE", "ON HOLD"),
    ),
}
