"""First and last names by language, as they are usual among adults there."""

from typing import NamedTuple


class Names(NamedTuple):
    """The names of one language: 15 of women, 15 of men, 40 of families."""

    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]


GERMAN = Names(
    women=tuple(
        "Anna Lena Sophie Katharina Julia Hannah Marie Sabine Petra Claudia Jana Miriam Heike Nele Jördis".split()
    ),
    men=tuple(
        "Lukas Maximilian Jonas Felix Tobias Jürgen Stefan Michael Jan Paul Matthias Björn Uwe Leon Klaus".split()
    ),
    families=tuple(
        "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Koch Bauer Richter Klein Wolf "
        "Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Werner Krause Lehmann Köhler Maier "
        "Huber Kaiser Fuchs Peters Lang Scholz Möller Weiß Jung Hahn Vogel".split()
    ),
)
FRENCH = Names(
    women=tuple(
        "Camille Léa Chloé Manon Inès Céline Nathalie Isabelle Élodie Aurélie Sylvie Juliette Zoé Margaux Amélie".split()
    ),
    men=tuple(
        "Louis Hugo Gabriel Nicolas Julien Thomas Pierre François Jérôme Antoine Mathieu Rémi Olivier Théo Bruno".split()
    ),
    families=tuple(
        "Martin Bernard Dubois Durand Moreau Laurent Lefebvre Michel Garnier Bertrand Roux Vincent Fournier Morel Girard "
        "André Lefèvre Mercier Dupont Lambert Bonnet Fontaine Rousseau Blanc Guérin Boyer Chevalier Perrin Robin Clément "
        "Gauthier Masson Marchand Dumas Renard Colin Vidal Caron Picard Leclerc".split()
    ),
)
ENGLISH = Names(
    women=tuple(
        "Emma Olivia Charlotte Amelia Sarah Jessica Grace Megan Laura Karen Helen Sienna Zara Abigail Ruth".split()
    ),
    men=tuple("James Oliver William Jack Thomas Daniel David Andrew Ryan Liam Mark Ethan Connor George Samuel".split()),
    families=tuple(
        "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green "
        "Hall Wood Jackson Clarke Patel Harris Lewis Turner O'Brien Cooper Hill Ward Morris Moore Clark Baker Harrison "
        "King Morgan Allen James Scott Phillips MacDonald".split()
    ),
)
SPANISH = Names(
    women=tuple(
        "Lucía María Sofía Carmen Paula Marta Elena Laura Ana Isabel Cristina Pilar Noelia Rocío Begoña".split()
    ),
    men=tuple("Hugo Mateo Pablo Álvaro Javier Carlos Diego Sergio Andrés José Miguel Rubén Íñigo Manuel Raúl".split()),
    families=tuple(
        "García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Jiménez Ruiz Hernández Díaz Moreno Muñoz "
        "Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Gil Ramírez Serrano Blanco Molina Morales "
        "Suárez Ortega Delgado Castro Ortiz Rubio Marín Sanz Núñez Iglesias".split()
    ),
)
ITALIAN = Names(
    women=tuple(
        "Giulia Sofia Aurora Martina Chiara Francesca Alessia Elena Valentina Paola Silvia Federica Ilaria Noemi Giada".split()
    ),
    men=tuple(
        "Leonardo Francesco Alessandro Lorenzo Matteo Andrea Gabriele Marco Luca Davide Giuseppe Riccardo Paolo Simone Nicolò".split()
    ),
    families=tuple(
        "Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti Mancini Costa Giordano "
        "Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi Caruso Ferrara Galli Martini Leone Longo Gentile "
        "Martinelli Vitale Lombardo Serra Coppola D'Angelo Marchetti Parisi Villa".split()
    ),
)
DUTCH = Names(
    women=tuple("Emma Julia Sanne Lotte Femke Anouk Fleur Eva Iris Marieke Saskia Ingrid Roos Noor Maaike".split()),
    men=tuple("Daan Sem Lars Thijs Bram Ruben Jeroen Pieter Sander Wouter Joost Niels Maarten Koen Tim".split()),
    families=(
        *"Bakker Janssen Visser Smit Meijer Mulder Bos Vos Peters Hendriks Dekker Brouwer Dijkstra Smits Koster".split(),
        *"Prins Huisman Peeters Kuipers Kuiper Veenstra Kramer Willems Postma Hoekstra Jacobs Verhoeven Schouten".split(),
        *("de Jong", "de Vries", "van den Berg", "van Dijk", "de Boer", "de Groot", "van Leeuwen", "van der Linden"),
        *("de Graaf", "van der Meer", "van Dam", "de Haan"),
    ),
)
NORDIC = Names(
    women=tuple("Astrid Ingrid Freja Elsa Maja Linnéa Alva Sigrid Nora Solveig Karin Anette Åsa Hilda Tuva".split()),
    men=tuple("Erik Lars Oscar Nils Gustav Axel Henrik Magnus Olav Søren Anders Mikael Håkon Sven Viktor".split()),
    families=tuple(
        "Johansson Andersson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson Hansen Johansen Olsen "
        "Larsen Andersen Pedersen Nilsen Kristiansen Jensen Karlsen Lindberg Lindqvist Bergström Holm Sandberg Nyström "
        "Åberg Öberg Solberg Haugen Hagen Moen Strand Lunde Bakke Dahl Berg Ström Ødegård Sjöberg".split()
    ),
)
POLISH = Names(
    women=tuple(
        "Zuzanna Julia Maja Zofia Hanna Małgorzata Agnieszka Katarzyna Ewa Joanna Magda Aleksandra Iwona Alicja Żaneta".split()
    ),
    men=tuple(
        "Antoni Jakub Szymon Jan Filip Kacper Paweł Michał Łukasz Piotr Tomasz Krzysztof Marek Wojciech Rafał".split()
    ),
    families=tuple(
        "Nowak Wójcik Kowalczyk Woźniak Mazur Kaczmarek Krawczyk Zając Król Wieczorek Wróbel Stępień Dudek Pawlak Sikora "
        "Walczak Baran Michalak Szewczyk Pietrzak Duda Bąk Włodarczyk Kubiak Kania Czarnecki Sobczak Wilk Mróz Lis "
        "Kołodziej Kaźmierczak Cieślak Urban Kozak Janik Mazurek Kot Bielak Sowa".split()
    ),
)
PORTUGUESE = Names(
    women=tuple(
        "Maria Leonor Matilde Beatriz Mariana Inês Ana Catarina Joana Sofia Teresa Rita Conceição Margarida Luísa".split()
    ),
    men=tuple(
        "João Francisco Afonso Duarte Tomás Rodrigo Miguel Tiago Rui Pedro Gonçalo Nuno António Vasco Simão".split()
    ),
    families=(
        *"Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins Jesus Sousa Fernandes Gonçalves Gomes".split(),
        *"Lopes Marques Alves Almeida Ribeiro Pinto Carvalho Teixeira Moreira Correia Mendes Nunes Soares Vieira".split(),
        *"Monteiro Cardoso Rocha Raposo Neves Coelho Cruz Cunha Pires Ramos Reis Simões".split(),
        "dos Anjos",
    ),
)

NAMES: dict[str, Names] = {
    "de": GERMAN,
    "fr": FRENCH,
    "en": ENGLISH,
    "es": SPANISH,
    "ca": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "sv": NORDIC,
    "nb": NORDIC,
    "pl": POLISH,
    "pt": PORTUGUESE,
}
