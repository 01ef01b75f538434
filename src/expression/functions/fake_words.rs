/// First names of many countries.
#[rustfmt::skip]
pub(super) const FIRST_NAMES: [&str; 120] = [
    "Ada", "Aiko", "Alba", "Alina", "Amir", "Ana", "Anders", "Anika", "Anya", "Arjun", "Astrid", "Aylin", "Beatriz",
    "Ben", "Bilal", "Björn", "Camila", "Carlos", "Chen", "Chiara", "Chloé", "Daan", "Daniela", "David", "Deniz",
    "Diego", "Dilan", "Elena", "Elif", "Emil", "Emma", "Enzo", "Esther", "Eva", "Fatima", "Felix", "Femi", "Finn",
    "Freya", "Gabriel", "Grace", "Hana", "Hannah", "Hassan", "Hugo", "Ibrahim", "Ida", "Ingrid", "Isaac", "Isabel",
    "Ivan", "Jakub", "Jana", "Jasper", "Jian", "João", "Jonas", "José", "Julia", "Kamala", "Karim", "Katja", "Kenji",
    "Kofi", "Lars", "Layla", "Lea", "Leon", "Lina", "Linh", "Lucas", "Lucía", "Luka", "Maja", "Malik", "Marco",
    "Maria", "Mateo", "Maya", "Mei", "Mia", "Mikael", "Mina", "Mira", "Nadia", "Naomi", "Nia", "Nils", "Noah", "Noor",
    "Olga", "Oliver", "Omar", "Oscar", "Paula", "Pedro", "Priya", "Rafael", "Rania", "Rosa", "Ruben", "Sakura",
    "Samuel", "Sara", "Sofia", "Sören", "Tariq", "Thea", "Theo", "Tomás", "Uma", "Valentina", "Vera", "Viktor", "Wei",
    "Yara", "Yusuf", "Zeynep", "Zoe", "Zofia",
];

/// Last names of many countries.
#[rustfmt::skip]
pub(super) const LAST_NAMES: [&str; 123] = [
    "Abebe", "Ahmed", "Almeida", "Andersson", "Bakker", "Bauer", "Becker", "Berg", "Bianchi", "Björk", "Brown",
    "Carter", "Castro", "Chen", "Cohen", "Costa", "Da Silva", "Dahl", "De Jong", "Diaz", "Dubois", "Dupont",
    "Eriksen", "Evans", "Fernández", "Ferrari", "Fischer", "Fofanah", "Fontaine", "Garcia", "Gomez", "Gonzalez",
    "Green", "Gupta", "Haddad", "Hansen", "Hernandez", "Hoffmann", "Horvat", "Hughes", "Ibrahim", "Ito", "Ivanova",
    "Jansen", "Jensen", "Johansson", "Johnson", "Jones", "Kaya", "Khan", "Kim", "Klein", "Kowalski", "Kumar",
    "Larsen", "Laurent", "Lee", "Lehtonen", "Li", "Lindqvist", "Lopez", "Mancini", "Martin", "Martinez", "Mbeki",
    "Mensah", "Meyer", "Moreau", "Morgan", "Müller", "Murphy", "Nakamura", "Nguyen", "Nielsen", "Novak", "O'Brien",
    "Okafor", "Olsen", "Osei", "Park", "Patel", "Pereira", "Petrov", "Popescu", "Ramirez", "Rossi", "Roy", "Ruiz",
    "Sánchez", "Santos", "Sato", "Schmidt", "Schneider", "Schwarz", "Silva", "Singh", "Smith", "Sørensen", "Suzuki",
    "Svensson", "Takahashi", "Tanaka", "Taylor", "Torres", "Tremblay", "Van Dijk", "Vargas", "Virtanen", "Wagner",
    "Walker", "Wang", "Weber", "Weiss", "White", "Williams", "Wilson", "Wójcik", "Wong", "Yamamoto", "Yang", "Yilmaz",
    "Zhang", "Zimmermann",
];

/// Cities, each with its country and that country's code (ISO 3166-1).
#[rustfmt::skip]
pub(super) const CITIES: [(&str, &str, &str); 66] = [
    ("Accra", "Ghana", "GH"), ("Amsterdam", "Netherlands", "NL"), ("Ankara", "Türkiye", "TR"),
    ("Athens", "Greece", "GR"), ("Auckland", "New Zealand", "NZ"), ("Bangkok", "Thailand", "TH"),
    ("Barcelona", "Spain", "ES"), ("Berlin", "Germany", "DE"), ("Bern", "Switzerland", "CH"),
    ("Bogotá", "Colombia", "CO"), ("Boston", "United States", "US"), ("Bristol", "United Kingdom", "GB"),
    ("Brussels", "Belgium", "BE"), ("Budapest", "Hungary", "HU"), ("Buenos Aires", "Argentina", "AR"),
    ("Cairo", "Egypt", "EG"), ("Chicago", "United States", "US"), ("Copenhagen", "Denmark", "DK"),
    ("Dakar", "Senegal", "SN"), ("Delhi", "India", "IN"), ("Dublin", "Ireland", "IE"), ("Gothenburg", "Sweden", "SE"),
    ("Hamburg", "Germany", "DE"), ("Hanoi", "Viet Nam", "VN"), ("Helsinki", "Finland", "FI"),
    ("Istanbul", "Türkiye", "TR"), ("Jakarta", "Indonesia", "ID"), ("Kraków", "Poland", "PL"),
    ("Kyoto", "Japan", "JP"), ("Lagos", "Nigeria", "NG"), ("Lima", "Peru", "PE"), ("Lisbon", "Portugal", "PT"),
    ("Ljubljana", "Slovenia", "SI"), ("London", "United Kingdom", "GB"), ("Lyon", "France", "FR"),
    ("Madrid", "Spain", "ES"), ("Manila", "Philippines", "PH"), ("Marrakesh", "Morocco", "MA"),
    ("Melbourne", "Australia", "AU"), ("Mexico City", "Mexico", "MX"), ("Milan", "Italy", "IT"),
    ("Montréal", "Canada", "CA"), ("Mumbai", "India", "IN"), ("Nairobi", "Kenya", "KE"), ("Oslo", "Norway", "NO"),
    ("Paris", "France", "FR"), ("Porto", "Portugal", "PT"), ("Prague", "Czechia", "CZ"), ("Quito", "Ecuador", "EC"),
    ("Recife", "Brazil", "BR"), ("Riga", "Latvia", "LV"), ("Rome", "Italy", "IT"), ("Rotterdam", "Netherlands", "NL"),
    ("Santiago", "Chile", "CL"), ("São Paulo", "Brazil", "BR"), ("Seattle", "United States", "US"),
    ("Seoul", "South Korea", "KR"), ("Sofia", "Bulgaria", "BG"), ("Sydney", "Australia", "AU"),
    ("Tallinn", "Estonia", "EE"), ("Tokyo", "Japan", "JP"), ("Toronto", "Canada", "CA"), ("Vienna", "Austria", "AT"),
    ("Vilnius", "Lithuania", "LT"), ("Zagreb", "Croatia", "HR"), ("Zürich", "Switzerland", "CH"),
];

/// Streets without a number.
#[rustfmt::skip]
pub(super) const STREETS: [&str; 40] = [
    "Abbey Road", "Acacia Avenue", "Baker Street", "Bay Street", "Birch Lane", "Bridge Street", "Castle Road",
    "Cedar Avenue", "Chapel Street", "Cherry Lane", "Church Road", "Garden Street", "Harbour Road", "High Street",
    "Hill Road", "King Street", "Lake Road", "Lime Street", "Linden Avenue", "Main Street", "Maple Street",
    "Market Square", "Meadow Lane", "Mill Lane", "Oak Street", "Orchard Road", "Park Avenue", "Pine Street",
    "Quay Street", "River Road", "School Lane", "Ship Street", "Spring Street", "Station Road", "Sunset Boulevard",
    "Tower Hill", "Victoria Street", "Water Lane", "West Street", "Willow Way",
];

/// What stands behind a company's name.
#[rustfmt::skip]
pub(super) const COMPANIES: [&str; 12] = [
    "AG", "and Partners", "and Sons", "Brothers", "Group", "Holding", "Industries", "Labs", "Ltd", "Logistics",
    "Systems", "Trading",
];

/// Plain words that offend nobody.
#[rustfmt::skip]
pub(super) const WORDS: [&str; 316] = [
    "able", "air", "anchor", "apple", "arrow", "autumn", "basket", "beacon", "bell", "berry", "bird", "blue", "boat",
    "bold", "book", "branch", "brave", "bread", "breeze", "bright", "brook", "broom", "brown", "butter", "cabin",
    "calm", "candle", "canvas", "cargo", "carpet", "castle", "cedar", "chair", "chalk", "cheese", "cherry", "circle",
    "clay", "clean", "clear", "cliff", "clock", "cloud", "coast", "coin", "copper", "coral", "corn", "cotton",
    "crane", "creek", "crown", "curtain", "deck", "deep", "deer", "desk", "dew", "door", "dream", "drum", "dune",
    "dust", "early", "east", "echo", "edge", "elm", "ember", "engine", "even", "fair", "falcon", "farm", "feather",
    "fern", "field", "fire", "fish", "flag", "flame", "flat", "flint", "flock", "flour", "flower", "fog", "forest",
    "fork", "fountain", "fox", "frame", "fresh", "frost", "fruit", "garden", "gate", "gentle", "glass", "glove",
    "gold", "grain", "grand", "grape", "grass", "gravel", "green", "grey", "grove", "gull", "hammer", "harbour",
    "harvest", "hazel", "heart", "hedge", "herb", "heron", "hill", "hollow", "honey", "horn", "horse", "house", "ink",
    "iron", "island", "ivory", "ivy", "jar", "jewel", "journey", "juniper", "kettle", "key", "kind", "kitchen",
    "kite", "ladder", "lake", "lamp", "lantern", "lark", "leaf", "leather", "lemon", "letter", "light", "lilac",
    "lime", "linen", "lion", "little", "lively", "loaf", "long", "loom", "maple", "marble", "market", "mast",
    "meadow", "mellow", "melon", "metal", "mild", "mill", "mint", "mirror", "mist", "moon", "morning", "moss",
    "mountain", "music", "nail", "narrow", "nest", "night", "noble", "north", "oak", "oar", "ocean", "old", "olive",
    "onion", "open", "orange", "orchard", "otter", "oven", "paddle", "page", "paint", "palm", "paper", "path", "pear",
    "pebble", "pencil", "pepper", "petal", "piano", "pier", "pine", "plain", "plate", "plum", "pocket", "pond",
    "poppy", "porch", "port", "pottery", "prairie", "quick", "quiet", "quill", "rain", "raven", "reed", "ribbon",
    "ridge", "ring", "ripe", "river", "road", "robin", "rock", "roof", "root", "rope", "rose", "round", "rudder",
    "sail", "salt", "sand", "sea", "seed", "shade", "sharp", "shelf", "shell", "shepherd", "shield", "ship", "shore",
    "silent", "silk", "silver", "simple", "sky", "slate", "sleeve", "slow", "small", "smoke", "smooth", "snow",
    "soft", "south", "spark", "spring", "spruce", "star", "steady", "stem", "stone", "storm", "straw", "stream",
    "street", "summer", "sun", "swan", "swift", "table", "tall", "tea", "thread", "tide", "timber", "tower", "trail",
    "tree", "trumpet", "tulip", "valley", "velvet", "village", "violet", "voyage", "wagon", "walnut", "warm", "water",
    "wave", "west", "wheat", "wheel", "whistle", "white", "wild", "willow", "wind", "window", "winter", "wire",
    "wise", "wood", "wool", "yard", "yellow", "young",
];
