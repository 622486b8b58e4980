"""Words that tell a person's name from other words: first names, titles, and capitals that are no name."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FIRST_NAMES = _words(
    """
aaron abby abdul abigail adam adele adrian agnes agnieszka ahmed aidan aisha alan albert alejandro alessandro
alexander alexandra alfie alfred ali alice alison allison alvaro amanda amelia amelie amina amy ana anders andre
andrea andreas andrew andy angela angus anita anja anna anne annette annie anthony antoine antonio anya aoife
archie ariana arjun arthur asa asha ashley astrid audrey ava barbara beatrice beatriz becky ben benjamin bernadette
bernard beth bethany betty bex bianca birgit bjorn bobby brandon brenda brendan brian bridget bruno bryan caitlin
callum camila camille carl carla carlos carmen carol carolina caroline catherine cathy cecilia celine chantal
charles charlie charlotte chiara chidi chloe chris christian christina christine christopher ciara claire clara
claudia colin connor conor craig cristina dan daniel daniela danielle danny darren dave david debbie deborah declan
deepak denise dennis derek diane diego dimitri dmitri dominic donald donna doris dorothy doug dylan eddie edward
edwin eileen elaine eleanor elena eli elias elisa elizabeth ella ellen ellie eloise elsa emil emily emma enrique
eoin eric erik erin ernesto ethan eva evan evelyn fabien fabio fatima federica felix femi fernando fiona florence
francesca francesco francis francois franz fred freddie frederick freya friedrich gabriel gabriella gaby gareth
gary gavin gemma george georgia georgina gerald gerard gethin gianluca gillian giovanni giulia giuseppe gordon
gosia graham greg gregory greta guillaume gustav gwen hamish hans harriet harvey hassan heidi helen helena helga
henrik henry hiroshi howard hugh hugo ian ibrahim ida ines ingrid irene isaac isabel isabella isla ivan ivana jack
jackie jacob jacqueline jaime jake jakub james jamie jan jana jane janet janice jasmin jasmine jason javier jeff
jeffrey jen jenna jennifer jenny jeremy jerome jess jesse jessica jill jim jimmy joan joanna joao joe joel johan
johanna johannes john johnny jon jonas jonathan joost jorge joris jose josef joseph josephine joshua joyce juan
judith judy julia julian julie julien jurgen justin karen karin karl karolina kasia katarzyna kate katherine
kathleen kathryn kathy katie katja katrin katy kayla keith kelly kenji kenneth kerry kev kevin kim kirsten klaus
krzysztof kumar kurt kyle lars laura lauren laurence leah lena leon leonie leroy leslie liam lily linda lisa liz
logan lorenzo lorraine louis louise luca lucas lucia lucy luigi luis lukas luke lydia maciej madison magda malcolm
malgorzata manuel marc marcel marco marcus marek margaret margarita maria marianne mario marion marisol markus
marta martha martin martina marvin mary mateo mathew mathieu matteo matthew matthias maureen maurice maya megan
mehdi mehmet mei melanie melissa mia michael michal michel michelle miguel mike mikhail min-jun miriam mohamed
mohammed moira molly mona monica monika morgan muhammad murray nadia nadine nancy naomi natalia natalie natasha
nathan neil nicholas nicola nicole nigel nikhil nikolai nina noah noel noemi nora norman olaf olga oliver olivia
omar oscar owen pablo paddy pam pamela paola paolo pascal patricia patrick paul paula pauline pawel pedro penny
percy pete peter phil philip philippa phoebe pierre pieter piotr polly pooja priya rachel rahul raj rajesh ralph
ramon rasmus raul ravi raymond rebecca reginald renata rene rhys ricardo richard rita robert roberto rodrigo roger
rohan roland ronald rory rosa rosie ross roy rupert russell ruth ryan sabine sadie sally sam samantha samir samuel
sandeep sandra sanjay sanne saoirse sara sarah sasha scott sean sebastian selina serena sergei sergio shane shannon
sharon shaun sheila shirley silvia simon simone sinead siobhan sofia sonia sophia sophie soren stacey stefan
stefania stefano stella stephane stephanie stephen steve steven stewart stuart sunita suresh susan susanne suzanne
sven svetlana sylvia tamara tanya tara tatiana ted teresa terry tessa thea theo theresa thiago thijs thomas tiago
tiffany tim timothy tina tobias toby todd tom tomas tomasz tommy tony tracey tracy trevor tristan tyler tyrone
ursula uwe valentina valerie vanessa vera veronica vicky victoria vijay vikram vincent vivian vladimir walter wanda
wayne wei wendy werner wilhelm william winston wolfgang xavier xiaoming yasmin yuki yusuf yuto yvonne zac zachary
zara zoe zofia abdi abebe abimbola adaeze adaora adeola adewale aderonke adil adnan ahmad aiko aisling akash akin
akira aleksandra alejandra alessia amara amir amit ananya anaya andile andrzej anh anjali ankit annika anouk anton
arif arnold arun ashok asif aurelie ayesha ayo aziz babak balazs bao bartosz bashir bastien bea beata benoit bilal
binh bisi blanka bogdan bongani boris branislav bronagh bronwyn brynn caoimhe cecile cedric cerys chika chinedu
chinua chioma clement cormac csaba dafydd damian damien danilo dao dariusz darragh davide deirdre delphine
demetrius derya dilip dinesh dorota duncan dylis edith efua ekaterina elif elin elodie emeka emre enzo eszter
etienne ezekiel faisal farah farid fatou fatoumata fergus fiachra filip flavia folake fumiko gabor gaurav georgios
ghulam giorgos goran grainne grzegorz guadalupe gulsen gwilym habib hadiza haruki hana hamza hari haruto hassane
hina hoang huda hung hussein hyacinth ifeoma ikram imran indira inga inigo iolo ioana iqbal isha ismail ivo
jabulani jacek jamal jameela jaroslav javed jelena jerzy jhon jianhua jozef juma kabir kamal kamran karim kaveh
kavita kayode keiko khadija khalid kiran kofi krishna kwabena kwame lakshmi laszlo latisha leticia lerato linh
lubna lucja ludmila lwazi magnus mahmoud mahmood malik mandla mansoor marlena marwa masoud mbali mehreen mette
milena minh mirela mirza mohammad mohan musa mustafa nabil nadeem naledi nasreen nasser nduduzo neha ngozi nguyen
nisha nkechi nomsa noor oana obinna odile oisin oksana olamide olumide oluwaseun omari oonagh orla osama padraig
parveen parisa petra phuong piers pradeep prakash pranav prudence radoslav rafael rafal rania ranjit rashid rebekah
rehana reza rhiannon riaz roisin ruairi rukhsana saad sadia saeed salma sandile sanjeev sapna saskia sefa senthil
seun shabnam shafiq shahid shanice shreya sibusiso sibongile sina sipho slawomir sukhdeep sunil svenja swati szymon
tadhg tahir takeshi tamsin tariq tendai thabo thandiwe thuy tunde tuan ulla umar usman uzma valentin venkat vijaya
vikas viktor vinod vivek vusi wahid wambui wanjiru wojciech wojtek yan yannick yasir yasmina yetunde yevgenia
yolanda yoshi youssef yusra zainab zbigniew zeynep zinhle ziad zola zsofia zubair abigael adalbert agata ahsan
alasdair albrecht alenka alfonso alina alisha alistair alma alonzo aloysius amalia anastasia anatoly aneta angelica
angelina annabel annalisa anselm antje antonia apostolos aram archibald ariadne armando arnaud arne arturo barnaby
bartholomew bastian belinda benedict benedikt berenice bertha bertram bettina blanca bohdan bozena bronislaw calum
candice carlotta carmela cassandra cathal celeste christoph christos clarissa claudio claus clemens cordelia
cornelia cornelius cosima cristian cristiano dagmar daisuke danuta delia desmond detlef dieter dietrich dimitris
dirk domenico dominik dominika dominique doreen dragan edgar edmund eduardo edwina efrosini ekin elvira emilia
emilio emmanuel ernst ersin esma esperanza esteban estelle eugene eugenia eugenio evangelos evgeny ewa ewan fabian
fabienne fabrizio felicity ferdinand filippo fiorella florian franziska frederic frederik friederike fritz gaelle
gaetano genevieve geoff geoffrey georgie gerhard gertrude gianna gilbert gilles giorgio gisela graziella gudrun
gunther gwendoline gwyneth hakan halina hanne hannelore harald hartmut heike heinrich heinz helmut henri henrietta
henriette herbert hermann hildegard hiroko horst hortense hubert hyunwoo ignacio igor ildiko ilse imke imogen
ingeborg ingo ioannis irina isobel istvan jadwiga janek janine jannik jarek jeanette jeroen joachim joaquin jochen
jorg josefina josephina jozsef juanita judit jurgita justyna kacper kamil kamila karel karsten katalin katerina
katharina katrina katya kazimierz kerstin klara konrad konstantin konstantinos kristen kristian kristin kristina
kristof krystyna ksenia kurtis lachlan larissa leandro leif leonard leonardo leonid leopold lilian liliana lisbeth
livia lothar louisa lubomir luciano lucien lucille ludger ludovic ludovica ludwig luisa lyudmila mabel madeleine
magdalena maksim malgosia manfred marcelo marcin margarethe margot marianna mariusz marjorie markku marlene martyna
massimo matilda mauricio maurizio maxim maximilian meredith mihai mikael mikkel millicent milos mirjam miroslav
mitchell monique muhammed mustapha mykola nadezhda nanette natalya nele nicholaus nicolai nicolas niels nikita
nikos noelle norbert octavia oleg oleksandr oleksiy oluwadamilola ondrej ottilie otto ottokar pamina pascale
patrizia penelope petr petros philipp philomena quentin rafaela rainer ramona raphael raquel rasheed reinhard renee
ricarda rike rogelio rolf romain rosalind rosemarie roswitha rowena roxana rudolf ruslan sabrina salvatore samira
santiago seamus sebastien severin shreyas sibylle siegfried sigrid silke simao sinan slavko solomon spiros
stanislav stanislaw stavros stefanie stig susana susann sylvie tadeusz taras tatjana terence teresita thelma
theodor thierry thomasina thorsten tibor tilman torben torsten ulrich ulrike ursel uta vaclav valeria valery vasily
veit viktoria violeta vitaly vittoria vivienne vlad volodymyr walburga waldemar waltraud wiktoria wilfred
wilhelmina wilma wladyslaw wolfram xenia yakub yana yannis yaroslav yelena yevgeny yulia yuri yvette zdenek zeljko
zsuzsa zuzana
"""
)
"""In small letters, without accents. None of them is a word that runners use for anything else."""
SURNAMES = _words(
    """
abdullah adeyemi agarwal aguilar ahmadi akhtar alonso alvarez andersen andersson bakker banerjee becker bergstrom
bhatt bianchi boateng bondarenko bose castillo castro celik chakraborty chang chatterjee chaudhry chavez chopra
chowdhury christensen dasgupta demir desai diaz diop dominguez dubey dubois dupont durand eriksson esposito
fernandes fernandez ferrari ferreira fischer fontaine fournier galli garcia ghosh gomez gonzales gonzalez greco
gunawan gupta gustafsson gutierrez hernandez herrera hoang hoffmann horvat horvath hossain huang huber huynh
ibrahimi ismailov ivanov ivanova iyer jankowski jansen janssen jansson jensen jimenez johansen johansson kaminski
kaplan kapoor kaur kaya khan khumalo kim kobayashi kovac kovacs kowalczyk kowalska kowalski kozlov krause krishnan
kruger kumari kuznetsov lambert larsen larsson lefebvre lehmann lewandowski liang lin lindberg lindgren liu
lombardi lopes lopez lorenz mahlangu malhotra marques martinez mazur mbeki mehta meier meijer mendes mendoza mensah
meyer mishra mitra molina morales moreau moreno moretti moroz mueller mukherjee muller munoz murphy mwangi nair
nakamura narayan navarro nielsen nkosi novak novikov nowak nunez nwosu obi odhiambo okafor okeke okonkwo okoye
olsen olsson ortega ortiz otieno ozdemir ozturk pandey papadopoulos patel patil pavlov pedersen pereira perez
persson petersen petrov petrova pham phan pillai pinto popa popescu popov qureshi ramirez ramos rao rasmussen reddy
reyes ribeiro ricci rinaldi rivera rodrigues rodriguez rojas romano romero rossi roux ruiz russo sanchez santos
sato schmid schmidt schmitt schneider schroder schulz schulze shah sharma shevchenko sidorov silva singh sinha
smirnov soares sokolov sorensen sousa srinivasan suarez subramanian suzuki svensson szabo takahashi tanaka tembo
thakur torres toth tran traore tsai usmani vargas vasquez vazquez verma vidal vogt volkov wagner wang weber
wisniewski wojcik wolff wu xiao xu yadav yamamoto yildirim yildiz yilmaz zhang zhao zheng zhou zhu zielinski
zimmermann
"""
)
"""Frequent ones of many countries, without accents, that are no other word."""
DEEDS = _words(
    """
advised asked booked called explained gave goes had has injured inserted keeps mentioned needled prescribed reckons
recommended referred said saw says sent stuck suffers suggested suggests swears tells texted thinks told took trains
treated wants went
"""
)
"""What is told of persons rather than of things, right behind their names."""
LETTERED = _words(
    """
blood class grade group hepatitis option plan stage step type vitamin zone
"""
)
"""Before a single letter that is nobody's initial: "vitamin D."."""
ALSO_WORDS = _words(
    """
amber april art august barry bill bob bonnie chase chen chuck cliff clive daisy dale dawn dean drew earl eve
faith fern flo flora frank gene ginger grace grant guy harry heath heather holly hope iris ivy jasper jean jerry
jewel jo josh joy june kai ken lance laurel lee leo marie marina mark mason matt max may melody mercedes mick
miles nan nat nick olive pat pearl petra ray reed rich rob robin rod rose rosemary ruby sage sandy scarlett skip
stone sue summer sunny tiny trinity victor violet wade will
"""
)
"""First names that are other words as well: names with a capital inside a sentence only, or after a cue."""
CALENDAR = _words(
    """
apr april aug august christmas dec december diwali easter eid feb february fri friday hanukkah jan january jul
july jun june lent mar march may mon monday nov november oct october ramadan sat saturday sep sept september sun
sunday thu thur thurs thursday tue tues tuesday wed wednesday
"""
)
NOT_NAMES = CALENDAR | _words(
    """
achilles adidas advil aetna africa african aleve altra alzheimer's america american amsterdam aok apixaban apple
arabic asia asian asics aspirin australia australian austria axa baker baker's balance berlin boston botox
brazil britain british brooks buddhist bupa canada catholic chicago china chinese christian cigna compex
comrades coros cortisone covid covid-19 crohn's crossfit ct danish danlos denmark doctor dr dry dublin dutch
alfredson baldry cyriax dommerholt epsom gunn hz janda khz kinesio maitland mckenzie mulligan simons travell
ehlers ehlers-danlos eliquis england english eu europe european facebook finnish fitbit france french garmin
german germany google gp graves greek guinness half hamburg hashimoto's heparin hindi hindu hiv hoka i ibuprofen
india indian instagram ireland irish ironman it italian italy itb itbs japan japanese jewish kona korean kt
london lyme manchester maps marathon marfan md medicaid medicare mizuno morton morton's mri muslim needling
netflix netherlands new nhs nike norway norwegian ok okay osgood osgood-schlatter paracetamol paris parkinson
parkinson's parkrun phd physio pilates poland polar polish portugal portuguese pt puma raynaud raynaud's reebok
rotterdam russian salomon saucony schlatter scotland scottish sjogren's spain spanish strava suunto sweden
swedish switzerland telegram tens tfl theragun tokyo tourette's turkish tylenol uk ultra us usa valencia
vaseline vienna voltaren wales warfarin watch welsh whatsapp whoop xarelto xray yoga york youtube zwift
"""
)
"""Words with a capital that are no person's name, beside those that the answers' own phrasings use."""
NOT_NAMES |= _words(
    """
accutane actonel adcal adderall adductor aimovig albania alendronate algeria amitriptyline amlodipine anserine
anserinus antabuse argentina aricept arnica arthrotec asacol aspercreme athens atorvastatin auckland austin
azathioprine baclofen bang bangladesh barcelona basel bath beijing belfast belgium benlysta betnovate bextra
biofreeze birmingham bolivia boniva bordeaux boulder bournemouth brazilian brighton brisbane bristol brufen
brussels bulgaria buscopan buspar cabergoline calgary california calpol cambodia cambridge cardiff celebrex celiac
chamonix chile cholesterol cimzia cipro ciprofloxacin citalopram clexane clonidine clopidogrel cochrane cocodamol
codeine colchicine cologne colombia colorado copenhagen cornwall cosentyx creon crestor croatia cuba cupping
cymbalta cyprus czech deltoid depo-provera derbyshire devon dexamethasone diazepam diclofenac disease dong dubai
duloxetine dundee dupuytren dupuytren's durham dusseldorf dysport ecuador edinburgh effexor egypt emmett enbrel
entresto entyvio epipen erector essex estonia ethiopia evista exeter factor feldene felodipine femoris fibularis
finland flexeril florida fluoxetine forerunner forteo fosamax fragmin frankfurt freiberg freiberg's gabapentin
galway gastrocnemius gaviscon geneva ghana glasgow glucophage gout gracilis graston greece gua haglund haglund's
hallux hampshire hawaii helsinki hoffa hoffa's hong hormone humira hungary hwato hydrocortisone hyrox iceland
iliacus imodium imuran indocin indonesia infraspinatus insulin intermedius iran iraq israel istanbul jamaica
jardiance johannesburg kenacort kenalog kent kenya keppra kong korea krakow kyleena köhler köhler's lamictal
lateralis latissimus latvia lebanon leeds leicester leiden letrozole levothyroxine lexapro lidocaine limerick
lipitor lisbon lisinopril lithuania liverpool longus lovenox lucozade lumborum luxembourg lyrica madeira madrid
malaysia mallorca malta manila medialis melatonin melbourne metformin methotrexate mexico milan mirena mobic
montelukast montreal morocco morphine moscow mounjaro multifidus mumbai munich myotherapist myotherapists namibia
naprosyn naproxen nebido nepal neurontin newcastle nexium nexplanon nigeria nolvadex norfolk nottingham novorapid
nurofen obturator omeprazole ontario oregon orencia oscillation oslo osteopath osteopaths ottawa oxford ozempic
pakistan panadol pantoprazole pectineus peroneus perth perthes perthes' peru pes pfitzinger philippines plantar
plantaris plaquenil plavix plymouth podiatrist podiatrists popliteus pradaxa prague prednisolone prednisone
pregabalin prolia propranolol prozac psoas quadratus quebec queensland ramipril rectus relpax remicade rigidus
ritalin roaccutane robaxin rocktape rolfing romania rome russia rwanda salazopyrin salbutamol salonpas sartorius
savella scandinavia scheuermann scheuermann's scotch seattle seirin semimembranosus semitendinosus seoul serbia
seroquel sertraline sever sever's sha shanghai sheffield sildenafil simponi simvastatin sinding sinding-larsen
singapore singulair slovakia slovenia soleus somerset southampton spinae spiriva statin stelara stockholm sudafed
sudeck's suffolk supraspinatus surrey sussex sydney symbicort synthroid taiwan tamoxifen tanzania tegretol temgesic
tenerife texas thailand thyroxine tibialis tigerbalm tizanidine topamax toradol toronto tramadol trapezius
trulicity tunisia turkey uganda ukraine ukrainian valium vancouver vastus venice ventolin vermont viagra victoza
vietnam vioxx vyvanse warsaw washington wegovy wellbutrin wisconsin wolverhampton xanax xeljanz xeomin yorkshire
zambia zantac zimbabwe zoladex zoloft zolpidem zomig zurich zyrtec zürich
"""
)
"""Medicines, parts of the body, eponyms and places that people write about needling with."""
EPONYMOUS = _words(
    """
arthritis balm bodies body bursa classification concept contracture cyst deformity disease exercise exercises
fracture gel ims joint lesion ligament line method muscle nerve neuroma nodes pad palsy phenomenon programme
program protocol salt salts sign space stretch syndrome tape tapes technique tendon test therapy thyroiditis tool
tools triangle tubercle
"""
)
"""What is called after somebody: "Sever's disease"."""
MAKERS = _words(
    """
adidas altra apple asics brooks coros garmin hoka inov mizuno newton nike on polar puma reebok salomon saucony
suunto
"""
)
"""Whose things have names of their own: "Hoka Clifton"."""
STOP_WORDS = _words(
    """
a about advance after again all also always an and any anything are as asap at away back be because been before
but by can cant could currently did didnt do does doesnt doing dont either every for from fun getting go going
good got had has have having he her here hers him his how i if im in info into is isnt it its just later like
lol looking maybe me my new no not now of off ok okay on once only or our out over please pls really right she
should so some soon still than that the their them then there they this those to today tomorrow too training
trying unsure up very was we were what when where which while who why will with wondering wont worried would yes
yet you your
"""
)
"""Words that no name is made of, whatever stands before them."""
PARTICLES = _words(
    """
al bin da de del della den der do dos el ibn la le mac mc o ten ter van von y zu
"""
)
"""What joins the words of one name."""
FORMAL_TITLES = _words(
    """
dr frau herr mme mr mrs ms mx prof
"""
)
"""Titles after which a word in small letters is a name as well."""
SHORTENED_TITLES = FORMAL_TITLES | _words(
    """
dent dott med phil sig sr sra
"""
)
"""Those written with a full stop."""
TITLES = SHORTENED_TITLES | _words(
    """
coach doctor dona madam madame miss mlle monsieur nurse pan pani professor senhor señor señora signor signora
sir sister
"""
)
PEOPLE = _words(
    """
aunt baby boss boy boyfriend brother brother-in-law buddy cat chiro client clubmate coach colleague cousin dad
daughter doctor dog father fiance fiancee friend girl girlfriend gp grandma grandpa horse husband kid mate mates
mom mother mum neighbor neighbour nephew niece nurse osteo partner patient physio physiotherapist runner sister
sister-in-law son surgeon teammate therapist trainer uncle wife
"""
)
"""What a person is to the writer: "my coach Ann"."""
